/** The pinned Go modules of the lab, each with go.mod and go.sum in the folder of its name. */
export type GoModule = {
  readonly name:
    | 'etcd'
    | 'kwok'
    | 'temporal'
    | 'kubernetes'
    | 'alertmanager'
    | 'prometheus'
    | 'metrics-server'
    | 'versitygw'
  readonly version: string
  /** How long the first build took on a machine with two cores: for the progress display only. */
  readonly usualSeconds: number
  /** Arguments of the linker, to print the version that a release would print. */
  readonly ldflags?: string
  /** Build tags, to leave out what the lab has no use for. */
  readonly tags?: string
  /** A lab comes up without it: nobody who only wants to see something waits for its build. */
  readonly optional?: true
  /** What `go build … tool` calls the binary → what we call it. */
  readonly produces: Readonly<Record<string, BinaryName>>
}

export type OptionalBinary = 'alertmanager' | 'prometheus' | 'metrics-server' | 'versitygw'

export type BinaryName =
  | OptionalBinary
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
  {
    // The newest whose module brings its pages along: later ones want them built with npm and elm.
    name: 'alertmanager',
    version: '0.31.1',
    usualSeconds: 90,
    ldflags: '-X github.com/prometheus/common/version.Version=0.31.1',
    optional: true,
    produces: { alertmanager: 'alertmanager' },
  },
  {
    name: 'prometheus',
    version: '3.16.0',
    usualSeconds: 160,
    ldflags: '-X github.com/prometheus/common/version.Version=3.16.0',
    // Without the clients of two dozen clouds in which it could look for targets.
    tags: 'remove_all_sd',
    optional: true,
    produces: { prometheus: 'prometheus' },
  },
  {
    name: 'metrics-server',
    version: '0.9.0',
    usualSeconds: 150,
    ldflags: '-X sigs.k8s.io/metrics-server/pkg/version.gitVersion=v0.9.0',
    optional: true,
    produces: { 'metrics-server': 'metrics-server' },
  },
  {
    // An S3 with Object Lock over a folder, for tests of evidence.
    name: 'versitygw',
    version: '1.8.0',
    usualSeconds: 120,
    ldflags: '-X main.Version=1.8.0',
    optional: true,
    produces: { versitygw: 'versitygw' },
  },
]
