// What the lab's own programs tell Prometheus, in the text format (version 0.0.4).
const name = 'http_request_duration_seconds'
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
export const contentType = 'text/plain; version=0.0.4; charset=utf-8'

/** One gauge with all of its series; `samples` are pairs of labels and value. */
export function gauge(name, help, samples) {
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`)
    return `${name}{${pairs.join(',')}} ${value}`
  })
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n')
}

/** Counts requests by service and code; `render` writes them down. */
export function openMetrics() {
  const series = new Map()

  /** `count` requests that took so long; answers of one kind come in numbers. */
  function observe(service, code, seconds, count = 1) {
    if (count === 0) return
    const labels = `service="${service}",code="${code}"`
    const one = series.get(labels) ?? { buckets: bounds.map(() => 0), count: 0, sum: 0 }
    bounds.forEach((bound, i) => {
      if (seconds <= bound) one.buckets[i] += count
    })
    one.count += count
    one.sum += seconds * count
    series.set(labels, one)
  }

  function render() {
    const lines = [...series].flatMap(([labels, { buckets, count, sum }]) => [
      ...bounds.map((bound, i) => `${name}_bucket{${labels},le="${bound}"} ${buckets[i]}`),
      `${name}_bucket{${labels},le="+Inf"} ${count}`,
      `${name}_sum{${labels}} ${sum}`,
      `${name}_count{${labels}} ${count}`,
    ])
    const head = [
      `# HELP ${name} Duration of HTTP requests of the shodo services.`,
      `# TYPE ${name} histogram`,
    ]
    return `${[...head, ...lines].join('\n')}\n`
  }

  return { observe, render }
}
