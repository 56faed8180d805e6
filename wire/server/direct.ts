const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/

/** How gRPC reaches an address: never loopback over the proxy of the environment, which knows another loopback. */
export function channelArgsTo(address: string | undefined): { readonly 'grpc.enable_http_proxy'?: 0 } {
  return loopback.test(address ?? 'localhost') ? { 'grpc.enable_http_proxy': 0 } : {}
}
