import ts from "typescript";

/**
 * Rewrites a module of the bundle as a script, since V8 can cache the compiled code of a
 * script only. Lines and names stay. The script's value is a function that runs the module:
 *
 * `(exports, load, later, builtin, meta) => void`
 *
 * It adds what the module exports to `exports`. `load` is for a static import, `later` for
 * a dynamic one, `builtin` for a module of Node.js; `meta` stands for `import.meta`. The
 * function is async if the module has a top-level `await`.
 *
 * @throws {Error} if the module has an import or export of a kind that the bundler doesn't write.
 */
export function toScript(name: string, text: string): string {
  const { ESNext } = ts.ScriptTarget;
  const file = ts.createSourceFile(name, text, ESNext, true, ts.ScriptKind.JS);
  const edits: Edit[] = [];
  const replace = (node: ts.Node, by: string): void => {
    edits.push({ from: node.getStart(), to: node.getEnd(), by });
  };
  let isAsync = false;

  const visit = (node: ts.Node, isTop: boolean): void => {
    if (ts.isImportDeclaration(node)) return replace(node, toRequire(node));
    if (ts.isExportDeclaration(node)) return replace(node, toAssign(node));
    if (ts.isExportAssignment(node) || hasExport(node)) throw unknown(node);
    if (ts.isMetaProperty(node)) replace(node, "meta");
    if (node.kind === ts.SyntaxKind.ImportKeyword) replace(node, "later");
    isAsync ||= isTop && ts.isAwaitExpression(node);
    const isOutside = isTop && !ts.isFunctionLike(node);
    node.forEachChild((child) => visit(child, isOutside));
  };
  visit(file, true);

  edits.sort((a, b) => a.from - b.from);
  let at = 0;
  const parts = edits.map(({ from, to, by }) => {
    const before = text.slice(at, from);
    at = to;
    return before + by;
  });
  const body = parts.join("") + text.slice(at);
  const parameters = "exports, load, later, builtin, meta";
  return `(${
    isAsync ? "async " : ""
  }function (${parameters}) { "use strict"; ` +
    `${body}\n})`;
}

/** Text to be replaced, by its place. */
interface Edit {
  from: number;
  to: number;
  by: string;
}

/** `import { a as b } from "./c.js"` → `const { a: b } = load("./c.js")`. */
function toRequire(node: ts.ImportDeclaration): string {
  const { importClause: clause, moduleSpecifier: from } = node;
  if (!ts.isStringLiteral(from)) throw unknown(node);
  const how = from.text.startsWith("node:") ? "builtin" : "load";
  const value = `${how}(${from.getText()});`;
  if (clause === undefined) return value;
  const { name, namedBindings: named } = clause;
  if (named === undefined) return `const ${name?.text} = ${value}`;
  if (name !== undefined) throw unknown(node);
  if (ts.isNamespaceImport(named)) return `const ${named.name.text} = ${value}`;
  return `const ${
    objectOf(named.elements, ({ name, propertyName = name }) => [
      propertyName.text,
      name.text,
    ])
  } = ${value}`;
}

/** `export { a as b }` → `Object.assign(exports, { b: a })`. */
function toAssign(node: ts.ExportDeclaration): string {
  const { exportClause: clause, moduleSpecifier } = node;
  if (moduleSpecifier !== undefined) throw unknown(node);
  if (clause === undefined || !ts.isNamedExports(clause)) throw unknown(node);
  const object = objectOf(clause.elements, ({ name, propertyName = name }) => [
    name.text,
    propertyName.text,
  ]);
  return `Object.assign(exports, ${object});`;
}

/** An object or a pattern with one entry a line, as the bundler writes the lists. */
function objectOf<T>(
  list: readonly T[],
  entryOf: (one: T) => [string, string],
): string {
  const entries = list.map(entryOf)
    .map(([key, value]) => key === value ? key : `${key}: ${value}`);
  return `{\n  ${entries.join(",\n  ")}\n}`;
}

function hasExport(node: ts.Node): boolean {
  return ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? [])
      .some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

function unknown(node: ts.Node): Error {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  return new Error(
    `Cannot rewrite ${file.fileName}:${line + 1}: ${node.getText()}`,
  );
}
