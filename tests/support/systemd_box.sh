#!/bin/bash
# The throw-away machine of SystemdBox (systemd_box.ts), in which Debian's systemd runs as
# pid 1. It has its own namespaces, only a loopback network, and a temporary, writable copy
# of /.
#
#   systemd_box.sh up DIRECTORY PATH…  boots; prints `boot PID` at each boot, the machine's
#                                      pid 1. Ends when the standard input ends. The PATHs
#                                      are visible inside, whatever they are mounted from
#   systemd_box.sh run DIRECTORY PID COMMAND…  runs a command inside, outside all units
set -euo pipefail

# The mounted cgroup hierarchies: their mount point, type and options (proc(5), mountinfo).
hierarchies() {
  sed -n 's/^\([^ ]* \)\{4\}\([^ ]*\) .* - \(cgroup2\?\) [^ ]* \([^ ]*\)$/\2 \3 \4/p' /proc/self/mountinfo
}

# Creates a cgroup for the machine in each hierarchy. To its pid 1, they look like the root.
make_groups() {
  local mount type options own group
  hierarchies | while read -r mount type options; do
    own=
    if [ "$type" = cgroup ]; then # of version 2, only the root may have both processes and controllers
      own=$(awk -F: -v options=",$options," '{
        n = split($2, names, ",")
        for (i = 1; i <= n; i++) if (index(options, "," names[i] ",")) path = $3
      } END { print path == "/" ? "" : path }' /proc/self/cgroup)
    fi
    group=$mount$own/${1##*/}
    mkdir "$group" 2>/dev/null || { group=$mount/${1##*/} && mkdir "$group"; }
    if [ -e "$group/cpuset.cpus" ]; then
      for f in cpuset.cpus cpuset.mems; do cat "${group%/*}/$f" >"$group/$f"; done
    fi
    echo "$group"
  done >"$1/groups"
}

# Removes the machine's cgroups, or with `-mindepth 1` what it has created in them. Killed
# processes may take a moment to leave them.
remove_groups() {
  local directory=$1 groups
  shift
  mapfile -t groups <"$directory/groups"
  for _ in $(seq 100); do
    find "${groups[@]}" "$@" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    [ -n "$(find "${groups[@]}" "$@" -type d 2>/dev/null)" ] || return 0
    sleep 0.05
  done
}

up() {
  directory=$1
  trap 'remove_groups "$directory"; rm -rf "$directory"' EXIT
  make_groups "$directory"
  setsid unshare --mount --propagation private "$0" machine "$@" </dev/null &
  machine=$!
  { cat >/dev/null || true; kill -KILL -- "-$machine"; } <&0 &
  watcher=$!
  wait "$machine" || status=$?
  kill "$watcher" 2>/dev/null || true
  exit "${status:-0}"
}

# Keeps the disk mounted, and boots again whenever the machine reboots.
machine() {
  local directory=$1 group status
  mkdir "$directory/disk"
  mount -t tmpfs -o size=3g tmpfs "$directory/disk"
  mkdir "$directory/disk/upper" "$directory/disk/work" "$directory/disk/root"
  while :; do
    status=0
    (
      while read -r group; do echo "$BASHPID" >"$group/cgroup.procs"; done <"$directory/groups"
      exec unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child "$0" boot "$@"
    ) || status=$?
    # reboot(2): pid 1 of a namespace ends by SIGHUP when it reboots.
    [ "$status" = 129 ] || exit "$status"
    remove_groups "$directory" -mindepth 1
  done
}

# Creates the root in new namespaces, and becomes systemd.
boot() {
  local directory=$1 root=$1/disk/root path type options pid
  shift
  read -r pid _ </proc/self/stat
  mount --make-rprivate /
  mount -t overlay overlay -o "lowerdir=/,upperdir=$directory/disk/upper,workdir=$directory/disk/work" "$root"
  for path in "$@"; do
    [ -e "$root$path" ] || { mkdir -p "$root$path" && mount --bind "$path" "$root$path"; }
  done
  mount -t proc proc "$root/proc"
  cat /proc/sys/kernel/random/uuid >"$directory/disk/boot_id"
  mount --bind "$directory/disk/boot_id" "$root/proc/sys/kernel/random/boot_id"
  mount -t sysfs sysfs "$root/sys"
  [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || mount -t tmpfs cgroup "$root/sys/fs/cgroup"
  hierarchies | while read -r path type options; do
    mkdir -p "$root$path"
    options=${options#rw,}
    case $options in name=*) options=none,$options ;; esac
    [ "$type" = cgroup ] || options=rw
    mount -t "$type" -o "$options" cgroup "$root$path"
  done
  mount -t tmpfs tmpfs "$root/dev"
  mkdir "$root/dev/pts" "$root/dev/shm"
  for path in null zero full random urandom tty; do
    touch "$root/dev/$path"
    mount --bind "/dev/$path" "$root/dev/$path"
  done
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t tmpfs tmpfs "$root/run"
  cd "$root" && mkdir -p .old && pivot_root . .old && cd /
  umount -l /.old
  mount --make-rshared /
  [ -e /etc/systemd/systemd-box ] || install_machine
  echo "boot $pid"
  exec env -i container=box PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --log-target=console --show-status=no >&2
}

# Sets up a machine without devices: no services of the host, and no login prompts.
install_machine() {
  local unit
  echo systemd-box >/etc/hostname
  [ -s /etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
  cd /etc/systemd/system
  rm -rf ./*.wants
  for unit in console-getty.service getty.target systemd-udevd.service systemd-udev-trigger.service \
    systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-networkd.service systemd-resolved.service \
    systemd-timesyncd.service systemd-remount-fs.service systemd-tmpfiles-setup-dev.service systemd-modules-load.service \
    modprobe@.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount tmp.mount dev-hugepages.mount \
    dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount; do
    ln -sf /dev/null "$unit"
  done
  ln -sf /lib/systemd/system/multi-user.target default.target
  mkdir -p /etc/tmpfiles.d && echo 'd /tmp 1777 root root -' >/etc/tmpfiles.d/tmp.conf # else it is emptied at the boot
  touch /etc/systemd/systemd-box
}

# Moves this process into a cgroup below one of the machine's.
enter() {
  local own=$1/outside
  mkdir -p "$own" || return 1
  if [ -e "$own/cpuset.cpus" ]; then
    for f in cpuset.cpus cpuset.mems; do cat "$1/$f" >"$own/$f" || return 1; done
  fi
  echo "$BASHPID" >"$own/cgroup.procs" || return 1
}

run() {
  local directory=$1 pid=$2 group
  shift 2
  # A cgroup of no unit, since the root may not have processes (cgroups(7), version 2).
  while read -r group; do
    # While it is empty, the machine's systemd may remove it.
    for _ in $(seq 20); do if enter "$group" 2>/dev/null; then continue 2; fi; done
    enter "$group"
  done <"$directory/groups"
  exec nsenter --target "$pid" --all -- "$@"
}

"$@"
