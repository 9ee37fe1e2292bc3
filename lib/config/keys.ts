import type { Values } from "./key.ts";
import { DEPLOY_KEYS } from "./keys/deploy.ts";
import { NGINX_KEYS } from "./keys/nginx.ts";
import { SERVICE_KEYS } from "./keys/service.ts";

/** Every key of deploy.conf that zdd knows, by the kind of its section. */
export const KEYS = {
  nginx: NGINX_KEYS,
  service: SERVICE_KEYS,
  deploy: DEPLOY_KEYS,
} as const;

export type SectionKind = keyof typeof KEYS;

/** What the sections of a kind say: the values of their keys. */
export type ValuesOf<Kind extends SectionKind> = Values<typeof KEYS[Kind]>;
