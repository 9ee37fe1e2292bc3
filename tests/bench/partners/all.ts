import { caddy } from "./caddy.ts";
import { gunicorn } from "./gunicorn.ts";
import { haproxy } from "./haproxy.ts";
import { nginxReload } from "./nginx_reload.ts";
import type { Partner } from "./partner.ts";
import { pm2 } from "./pm2.ts";
import { script } from "./script.ts";
import { serverStarter } from "./server_starter.ts";
import { zdd } from "./zdd.ts";

/** zdd, and other ways to put releases live. */
export const PARTNERS: Partner[] = [
  zdd("live"),
  zdd("reload"),
  nginxReload,
  script,
  pm2,
  gunicorn,
  serverStarter,
  haproxy,
  caddy,
];
