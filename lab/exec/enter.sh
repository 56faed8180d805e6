#!/bin/sh
# enter.sh ROOT MOUNTS PATH COMMAND...   started by `unshare -m` (see isolation.ts)
# Makes a small root of its own below ROOT, in which there is nothing but what the file MOUNTS names (lines of
# "ro|rw|own|private|link<TAB>source<TAB>target"), and becomes COMMAND in it. The machine's own mounts are not touched.
set -eu
root=$1 mounts=$2 path=$3
shift 3
PATH=$PATH:/usr/sbin:/sbin # of chroot, which not everybody has there

mount -t tmpfs -o mode=755 lab "$root"
mkdir -p "$root/tmp" "$root/usr/bin" "$root/etc"
chmod 1777 "$root/tmp"
for link in bin sbin; do ln -s usr/bin "$root/$link"; done
# Where the libraries' folders are links, the loader's own path goes through them.
for folder in lib lib32 lib64; do
  if [ -L "/$folder" ]; then ln -s "$(readlink "/$folder")" "$root/$folder"; fi
done

tab=$(printf '\t')
while IFS=$tab read -r mode source target; do
  if [ "$mode" = private ]; then
    mkdir -p "$root$target"
    chmod 700 "$root$target"
    continue
  fi
  if [ "$mode" = link ]; then
    ln -s "$source" "$root$target"
    continue
  fi
  if [ "$source" = nothing ]; then
    if [ -d "$root$target" ]; then mount -t tmpfs -o mode=755 lab "$root$target"; fi
    continue
  fi
  if [ -d "$source" ]; then
    mkdir -p "$root$target"
  else
    mkdir -p "$(dirname "$root$target")"
    : >"$root$target"
  fi
  # Not what is mounted below the lab's own folder: that is this very root.
  if [ "$mode" = own ]; then kind=--bind; else kind=--rbind; fi
  mount "$kind" "$source" "$root$target"
  # Inside a user namespace this is not always allowed; there nothing is writable that was not the user's own before.
  if [ "$mode" = ro ]; then mount -o remount,bind,ro "$root$target" 2>/dev/null || true; fi
done <"$mounts"

exec env PATH="$path" "$(command -v chroot)" "$root" "$@"
