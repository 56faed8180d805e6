#!/bin/sh
# kwok looks programs up in one folder for all containers; which of them a container has is decided here. Nobody ends a program
# whose caller went away, so each has an end of its own.
program="/opt/lab/places/${LAB_PLACE:-none}/${0##*/}"
if [ ! -x "$program" ]; then
  echo "exec: \"${0##*/}\": executable file not found in \$PATH" >&2
  exit 127
fi
if [ -x /usr/bin/timeout ]; then exec /usr/bin/timeout --kill-after=5 300 "$program" "$@"; fi
exec "$program" "$@"
