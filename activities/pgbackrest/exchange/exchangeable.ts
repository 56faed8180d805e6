import { refuse } from '../../refusal.ts'
import { must } from '../copy.ts'
import type { At } from '../place.ts'
import { nearestFolder } from '../room.ts'
import type { Station } from '../station/station.ts'

/** Two renames must be enough, and allowed: that is found out while the live database still runs. Refuses (`restore-refused`) with the reason. */
export async function exchangeable({ station, settings: { dataFolder, copiesFolder } }: At): Promise<void> {
  const no = (en: string, ja: string) => refuse('restore-refused', { reason: { en, ja } })
  const parent = dataFolder.replace(/\/[^/]+\/*$/, '') || '/'
  const device = async (path: string) => (await must(station, ['stat', '-c', '%d', '--', path])).trim()
  if ((await device(parent)) !== (await device(await nearestFolder(station, copiesFolder))))
    no(
      `${copiesFolder} is on another file system than ${dataFolder}`,
      `${copiesFolder} が ${dataFolder} と別のファイルシステムにあります`,
    )
  if ((await station.exec(['test', '-w', parent])).status !== 0)
    no(
      `the owner of the data cannot rename a folder in ${parent}`,
      `データの所有者が ${parent} のフォルダー名を変更できません`,
    )
  if ((await station.exec(['mountpoint', '-q', dataFolder])).status === 0)
    no(
      `${dataFolder} is a mount point, which cannot be renamed; use a folder below it`,
      `${dataFolder} はマウントポイントのため名前を変更できません。その下のフォルダーを使ってください`,
    )
  const mounted = await mountedIn(station, dataFolder)
  if (mounted !== undefined)
    no(
      `${mounted} is a mount point, which would go along with the folder that is kept; make it a link`,
      `${mounted} はマウントポイントのため、残すフォルダーと一緒に移動してしまいます。リンクに変更してください`,
    )
}

/** The first folder in the data folder that lies on another device than it. */
async function mountedIn(station: Station, folder: string): Promise<string | undefined> {
  const { stdout } = await station.exec([
    'find',
    folder,
    '-maxdepth',
    '1',
    '-type',
    'd',
    '-printf',
    '%D %p\n',
  ])
  const [own, ...below] = stdout.split('\n').filter((line) => line !== '')
  const device = own?.split(' ', 1)[0]
  return below.find((line) => line.split(' ', 1)[0] !== device)?.replace(/^\d+ /, '')
}
