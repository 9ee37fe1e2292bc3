#!/usr/bin/env bash
# Walks through docs/empty-machine.md as a new user on a bare system, and prints how long
# each step took: tests/soak/bare_host.sh SUITE MIRROR PACKAGE [KEYRING]
#
#   deno task release
#   tests/soak/bare_host.sh trixie http://deb.debian.org/debian dist/zddeploy_*_amd64.deb
#
# The system is made by debootstrap, in a directory of its own that is kept in /var/tmp for
# the next time, and changed in an overlay that isn't. It needs root, debootstrap and curl.
set -euo pipefail

suite=$1 mirror=$2 package=$(realpath "$3") keyring=${4:-}
base=/var/tmp/zdd-bare-$suite

if [ "${INSIDE:-}" = "" ]; then
  if [ ! -e "$base/done" ]; then
    rm -rf "$base"
    script=()
    [ -e "/usr/share/debootstrap/scripts/$suite" ] ||
      script=(/usr/share/debootstrap/scripts/gutsy) # that of all Ubuntus
    components=main
    case $mirror in *ubuntu*) components=main,universe ;; esac
    debootstrap --variant=minbase --components=$components \
      ${keyring:+--keyring="$keyring"} "$suite" "$base" "$mirror" "${script[@]}" >&2
    touch "$base/done"
  fi
  # Its processes end with it, and its mounts.
  exec env INSIDE=1 unshare --mount --pid --fork --kill-child "$0" "$@"
fi

root=$(mktemp -d)
trap 'umount --lazy --recursive "$root" 2>/dev/null || true; rmdir "$root"' EXIT
mount -t tmpfs -o size=2g tmpfs "$root"
mkdir "$root"/{upper,work,disk}
disk=$root/disk
mount -t overlay -o "lowerdir=$base,upperdir=$root/upper,workdir=$root/work" overlay "$disk"
mount -t proc proc "$disk/proc"
mount -t sysfs -o ro sysfs "$disk/sys"
mount --bind /dev "$disk/dev"
cp /etc/resolv.conf "$disk/etc/resolv.conf"
cp "$package" "$disk/root/"
# No daemon is started by an installation: there is no init.
printf '#!/bin/sh\nexit 101\n' >"$disk/usr/sbin/policy-rc.d"
chmod +x "$disk/usr/sbin/policy-rc.d"

total=0
# step NAME COMMAND...: as root, timed
step() {
  local name=$1 begin end output
  shift
  begin=$(date +%s%N)
  if ! output=$("$@" 2>&1); then
    printf '%s\n' "$output" >&2
    echo "failed: $name" >&2
    exit 1
  fi
  end=$(date +%s%N)
  total=$((total + (end - begin) / 1000000))
  printf '| %-62s | %6s |\n' "$name" "$(((end - begin) / 1000000)) ms"
  printf '%s\n' "$output" >>"$root/output"
}
in_it() { chroot "$disk" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
# What the user does has a network of its own, where all ports are free.
as_user() {
  nsenter --net="$root/net" chroot "$disk" runuser -u dev -- \
    env -i PATH=/usr/bin:/bin HOME=/home/dev sh -ec "cd /home/dev/hello; $1"
}
expect() { # WORDS COMMAND
  local output
  output=$(as_user "$2" 2>&1) || true
  case $output in *"$1"*) printf '%s\n' "$output" ;; *) printf '%s\n' "$output"; return 1 ;; esac
}

touch "$root/net"
unshare --net="$root/net" ip link set lo up

. <(grep PRETTY_NAME "$disk/etc/os-release")
echo
printf '| %-62s | %6s |\n' "$PRETTY_NAME" time
printf '| %s | ------ |\n' "--------------------------------------------------------------"
step "apt-get update" in_it apt-get update
step "apt-get install ./zddeploy_0.1.0_amd64.deb nodejs curl" \
  in_it sh -c "apt-get install -y --no-install-suggests /root/$(basename "$package") nodejs curl"
in_it useradd --create-home --shell /bin/bash dev
in_it runuser -u dev -- mkdir /home/dev/hello
cat >"$disk/home/dev/hello/server.js" <<'END'
const { createServer } = require("node:http");

const server = createServer((request, response) => response.end("hello 1\n"));
server.listen(process.env.PORT, "127.0.0.1");
process.once("SIGTERM", () => server.close());
END
chown 1000:1000 "$disk/home/dev/hello/server.js"
in_it test -s /usr/share/man/man1/zddeploy.1.gz -o ! -e /etc/dpkg/dpkg.cfg.d/excludes
in_it test -s /usr/share/bash-completion/completions/zddeploy
step "zddeploy doctor" as_user "zddeploy doctor"
step "zddeploy init --listen 8080" as_user "zddeploy init --listen 8080"
step "zddeploy --release 1" as_user "zddeploy --release 1"
step "curl localhost:8080" expect "hello 1" "curl -sS localhost:8080"
as_user "sed -i 's/hello 1/hello 2/' server.js"
step "zddeploy --release 2" as_user "zddeploy --release 2"
step "curl localhost:8080, the new version" expect "hello 2" "curl -sS localhost:8080"
as_user "echo 'throw new Error(\"no database\")' >> server.js"
step "zddeploy --release 3, which fails" expect "Error: no database" "zddeploy --release 3"
step "curl localhost:8080, still the version before" expect "hello 2" "curl -sS localhost:8080"
step "zddeploy status" expect "serving" "zddeploy status"
step "zddeploy stop --nginx" as_user "zddeploy stop --nginx"
printf '| %-62s | %6s |\n' "all of it" "$((total / 1000)) s"
if [ -n "${SHOW:-}" ]; then cat "$root/output" >&2; fi
