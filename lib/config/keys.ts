import type { Values } from "./key.ts";
import { DEPLOY_KEYS } from "./keys/deploy.ts";
import { NGINX_KEYS } from "./keys/nginx.ts";
import { SERVICE_KEYS } from "./keys/service.ts";

/** All keys of deploy.conf, by the kind of their section. */
export const KEYS = {
  nginx: NGINX_KEYS,
  service: SERVICE_KEYS,
  deploy: DEPLOY_KEYS,
} as const;

export type SectionKind = keyof typeof KEYS;

/** The values of the keys in a section of a kind. */
export type ValuesOf<Kind extends SectionKind> = Values<typeof KEYS[Kind]>;
