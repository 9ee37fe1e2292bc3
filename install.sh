#!/bin/sh
# Installs zddeploy: downloads the executable for this machine, verifies its checksum, and
# installs it with its man page and completion.
#
#   curl -fsSL URL/install.sh | sh
#
# ZDD_URL     where a release's files are; by default, where this script is from
# ZDD_PREFIX  where to install; by default /usr/local for root, otherwise ~/.local
# ZDD_SHA256  the executable's expected checksum, from a place you trust; by default the
#             one in SHA256SUMS at ZDD_URL
set -eu

# The release task writes its own address here.
release=

say() { printf '%s\n' "$*"; }

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  if [ $# -gt 1 ]; then printf 'hint: %s\n' "$2" >&2; fi
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# download URL FILE
download() {
  if has curl; then curl -fsSL --retry 3 -o "$2" "$1"
  elif has wget; then wget -q -O "$2" "$1"
  else fail "there is neither curl nor wget" "install one of them"
  fi || fail "cannot download $1"
}

architecture() {
  case $(uname -m) in
    x86_64 | amd64) echo x86_64 ;;
    aarch64 | arm64) echo aarch64 ;;
    *) fail "there is no executable for $(uname -m)" \
      "run it from the source, with Deno: npx -y deno run -A main.ts" ;;
  esac
}

# The executable is linked to glibc 2.27 or later.
require_system() {
  [ "$(uname -s)" = Linux ] || fail "zddeploy deploys on Linux, and this is $(uname -s)" \
    "to write a deploy.conf here, run it from the source with Deno"
  case $(getconf GNU_LIBC_VERSION 2>/dev/null) in
    "glibc 2."[0-9] | "glibc 2."1? | "glibc 2."2[0-6])
      fail "zddeploy needs glibc 2.27 or later, and this is $(getconf GNU_LIBC_VERSION)" ;;
    "glibc "*) ;;
    *) fail "zddeploy needs glibc, which this system doesn't have" \
      "use a distribution such as Debian, Ubuntu or Fedora; Alpine has musl" ;;
  esac
}

checksum_of() {
  if has sha256sum; then sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then shasum -a 256 "$1" | cut -d ' ' -f 1
  else fail "there is no sha256sum to compare the checksum with" "install coreutils"
  fi
}

# main is called in the last line, so that a partly downloaded script does nothing.
main() {
  url=${ZDD_URL:-$release}
  [ -n "$url" ] || fail "ZDD_URL isn't set" \
    "use the install.sh of a release, or set ZDD_URL to where its files are"
  url=${url%/}
  if [ "$(id -u)" = 0 ]; then default=/usr/local; else default=$HOME/.local; fi
  prefix=${ZDD_PREFIX:-$default}
  require_system
  name=zddeploy-linux-$(architecture)

  directory=$(mktemp -d)
  trap 'rm -rf "$directory"' EXIT
  trap 'exit 1' INT TERM HUP
  say "downloading $url/$name"
  download "$url/$name" "$directory/zddeploy"
  expected=${ZDD_SHA256:-}
  if [ -z "$expected" ]; then
    download "$url/SHA256SUMS" "$directory/SHA256SUMS"
    expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$name\$/\1/p" "$directory/SHA256SUMS")
    [ -n "$expected" ] || fail "SHA256SUMS has no line for $name"
  fi
  got=$(checksum_of "$directory/zddeploy")
  [ "$got" = "$expected" ] ||
    fail "the checksum of $name is wrong: expected $expected, got $got" \
      "nothing was installed; try again, and report it if it stays so"

  chmod 755 "$directory/zddeploy"
  # It must run on this machine before it replaces another one.
  version=$("$directory/zddeploy" --version | head -n 1) ||
    fail "the executable doesn't run on this machine"
  mkdir -p "$prefix/bin" "$prefix/share/man/man1" \
    "$prefix/share/bash-completion/completions" ||
    fail "cannot write to $prefix" "run it as root, or set ZDD_PREFIX"
  # Under another name first, since a running executable can't be overwritten.
  cp "$directory/zddeploy" "$prefix/bin/.zddeploy.new" &&
    mv -f "$prefix/bin/.zddeploy.new" "$prefix/bin/zddeploy" ||
    fail "cannot write to $prefix/bin" "run it as root, or set ZDD_PREFIX"
  "$prefix/bin/zddeploy" help --man >"$prefix/share/man/man1/zddeploy.1"
  "$prefix/bin/zddeploy" completion bash \
    >"$prefix/share/bash-completion/completions/zddeploy"
  say "installed $version in $prefix/bin"
  case :$PATH: in
    *":$prefix/bin:"*) ;;
    *) say "add $prefix/bin to your PATH" ;;
  esac
  has nginx || [ -x /usr/sbin/nginx ] || say "next: install nginx"
  say "next: zddeploy doctor"
}

main "$@"
