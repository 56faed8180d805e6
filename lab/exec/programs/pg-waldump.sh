#!/bin/sh
# pg_waldump, with the place where an image of PostgreSQL keeps its data turned into this server's own.
for word in "$@"; do
  shift
  case "$word" in
  /var/lib/postgresql/data*) word="$PGDATA${word#/var/lib/postgresql/data}" ;;
  esac
  set -- "$@" "$word"
done
exec /opt/lab/tools/pg_waldump "$@"
