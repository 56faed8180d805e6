#!/bin/sh
# psql as the pod's own: over the socket of this very server (PGHOST is its folder), and nowhere else.
statement=
for word in "$@"; do
  if [ -n "$statement" ]; then
    statement=
    continue
  fi
  case "$word" in
  -c | --command) statement=next ;;
  -h* | --host* | -p* | --port* | *://* | *host*=* | *port=*)
    echo "psql: this container reaches its own server only: $word" >&2
    exit 2
    ;;
  esac
done
tools=/opt/lab/tools
known=$("$tools/pg_controldata" "$PGDATA" 2>/dev/null | sed -n 's/^Database system identifier: *//p')
asked='select system_identifier from pg_control_system()'
answers=$("$tools/psql" -XAtq -U postgres -d postgres -c "$asked" 2>/dev/null)
# Without an answer psql says best itself why: nobody else can sit at a socket in this folder.
if [ -n "$answers" ] && [ "$answers" != "$known" ]; then
  echo "psql: another server than this lab's own answers; refused" >&2
  exit 2
fi
exec "$tools/psql" "$@"
