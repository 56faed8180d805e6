/** The pinned Go modules of the lab, each with go.mod and go.sum in the folder of its name. */
export type GoModule = {
  readonly name: 'etcd' | 'kwok' | 'temporal' | 'kubernetes'
  readonly version: string
  /** How long the first build took on a machine with two cores: for the progress display only. */
  readonly usualSeconds: number
  /** Arguments of the linker, to print the version that a release would print. */
  readonly ldflags?: string
  /** What `go build … tool` calls the binary → what we call it. */
  readonly produces: Readonly<Record<string, BinaryName>>
}

export type BinaryName =
  | 'etcd'
  | 'kwok'
  | 'temporal-server'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'

// Small ones first: something is done soon, and a broken Go installation shows within seconds.
export const goModules: readonly GoModule[] = [
  { name: 'etcd', version: '3.6.8', usualSeconds: 20, produces: { server: 'etcd' } },
  { name: 'kwok', version: '0.7.0', usualSeconds: 85, produces: { kwok: 'kwok' } },
  { name: 'temporal', version: '1.32.0', usualSeconds: 220, produces: { server: 'temporal-server' } },
  {
    name: 'kubernetes',
    version: '1.34.4',
    usualSeconds: 270,
    ldflags: '-X k8s.io/component-base/version.gitVersion=v1.34.4',
    produces: {
      'kube-apiserver': 'kube-apiserver',
      'kube-controller-manager': 'kube-controller-manager',
      'kube-scheduler': 'kube-scheduler',
    },
  },
]
