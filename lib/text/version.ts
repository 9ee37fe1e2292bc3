import denoJson from "../../deno.json" with { type: "json" };

/** zdd's own version, such as `0.1.0`. */
export const VERSION: string = denoJson.version;
