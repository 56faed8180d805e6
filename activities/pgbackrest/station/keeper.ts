/** What the pod of a Job does by itself: nothing, for as long as it is needed. Everything else is run in it from outside. */

/** Each command that is run there touches it, and holds a lock of it together with all that it leaves running. */
export const askedFile = ({ copiesFolder }: { readonly copiesFolder: string }) => `${copiesFolder}/.asked`

/**
 * As the first process it reaps what tasks leave behind, which `wait` does. It ends when nobody has asked for anything for so long and nothing is
 * under way, no task and no server of a copy; whoever comes at that very moment waits, and finds it gone. `$1` the folder of copies, `$2` the
 * file, `$3` seconds, `$4` how often it looks.
 */
const script = `
trap 'exit 0' TERM INT
mkdir -p -m 0700 -- "$1" && touch -- "$2" || exit 1
exec 8>>"$2"
while :; do
  sleep "$4" 8>&- & wait $!
  quiet=$(($(date +%s) - $(stat -c %Y -- "$2")))
  if [ "$quiet" -ge "$3" ] && flock --nonblock 8; then exit 0; fi
done
`

/** Also that it is not needed any longer is seen no sooner. */
const looksEverySeconds = 5

export function keeperCommand(
  settings: { readonly copiesFolder: string },
  idleMs: number,
): readonly string[] {
  const seconds = Math.ceil(idleMs / 1_000)
  const looks = Math.min(looksEverySeconds, Math.floor(seconds / 10) + 1)
  const words = [settings.copiesFolder, askedFile(settings), String(seconds), String(looks)]
  return ['sh', '-c', script, 'hikeshi', ...words]
}
