#!/bin/sh
# pg_isready for the pod's own server: over its socket, which nobody else can sit at.
for word in "$@"; do
  case "$word" in
  -h* | --host* | -p* | --port* | *://* | *host*=* | *port=*)
    echo "pg_isready: this container reaches its own server only: $word" >&2
    exit 3
    ;;
  esac
done
exec /opt/lab/tools/pg_isready "$@"
