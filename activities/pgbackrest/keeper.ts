/** What the pod of a Job does by itself: nothing, for as long as it is needed. Everything else is run in it from outside. */

/** Touched by each command that is run there. */
export const askedFile = ({ copiesFolder }: { readonly copiesFolder: string }) => `${copiesFolder}/.asked`

/**
 * As the first process it reaps what tasks leave behind, which `wait` does. It ends when nobody has asked for anything for so long and no task is
 * under way: each holds the lock of its folder, the server of a copy as well. `$1` the folder of copies, `$2` the file that is touched, `$3`
 * seconds.
 */
const script = `
trap 'exit 0' TERM INT
mkdir -p -m 0700 -- "$1" && touch -- "$2" || exit 1
busy() { find "$1" -mindepth 2 -maxdepth 4 -name lock -type f -exec sh -c 'flock --nonblock --shared "$1" true || echo busy' sh {} ';'; }
while :; do
  sleep "$(($3 / 10 + 1))" & wait $!
  quiet=$(($(date +%s) - $(stat -c %Y -- "$2")))
  if [ "$quiet" -ge "$3" ] && [ -z "$(busy "$1")" ]; then exit 0; fi
done
`

export function keeperCommand(
  settings: { readonly copiesFolder: string },
  idleMs: number,
): readonly string[] {
  const seconds = String(Math.ceil(idleMs / 1_000))
  return ['sh', '-c', script, 'hikeshi', settings.copiesFolder, askedFile(settings), seconds]
}
