#!/bin/sh
# redis-cli as the pod's own: signed in with this server's password, and only where this very server answers. Redis tells which
# file it was started with; that of the lab's own has a name that no other server can have.
value=
for word in "$@"; do
  if [ -n "$value" ]; then
    value=
    continue
  fi
  case "$word" in
  -n | -r | -i | --pattern) value=next ;;
  --bigkeys | --memkeys | --hotkeys | --scan | --stat | --latency | --raw | --no-raw | --json | --csv | --version) ;;
  -*)
    echo "redis-cli: this container reaches its own server only, and has no option $word" >&2
    exit 2
    ;;
  *) break ;;
  esac
done
REDISCLI_AUTH=$(sed -n 's/^requirepass //p' "$REDIS_CONF")
export REDISCLI_AUTH
redis=/opt/lab/tools/redis-cli
answers=$("$redis" -h 127.0.0.1 -p "$REDIS_PORT" INFO server 2>&1 | sed -n 's/^config_file:\(.*[^\r]\)\r*$/\1/p')
if [ -z "$answers" ]; then
  echo "Could not connect to Redis at 127.0.0.1:$REDIS_PORT: this lab's own does not answer" >&2
  exit 1
fi
if [ "$answers" != "$REDIS_CONF" ]; then
  echo "redis-cli: another server than this lab's own answers ($answers); refused" >&2
  exit 2
fi
exec "$redis" -h 127.0.0.1 -p "$REDIS_PORT" "$@"
