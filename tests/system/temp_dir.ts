import { dirname, join } from "@std/path";

/** A directory of a test's own, which is removed with all that is in it. */
export class TempDir implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "zdd-test-" });

  join(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  /** Writes a file, its directories too. Returns its path. */
  write(name: string, text = "", mode?: number): string {
    const path = this.join(name);
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, text);
    if (mode !== undefined) Deno.chmodSync(path, mode);
    return path;
  }

  read(name: string): string {
    return Deno.readTextFileSync(this.join(name));
  }

  /** The names in it, sorted. */
  names(): string[] {
    return [...Deno.readDirSync(this.path)].map(({ name }) => name).sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
