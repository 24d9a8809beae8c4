import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Test } from './temporary-folder.ts';

/** The name that the certificate is for, which leads nowhere without a proxy. */
export const secureHost = 'models.example';

/** A key and its certificate for `secureHost`, made for tests alone and in no other use. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdNsdrc+Vdpvfvn+9
Zr+A+KEWaYuEKz7Pj0I+DflEWDOhRANCAARsAOUO7MKb2dyK1sQ3ODPAZW/RJPvK
BgVmVBa6CDvhYvcCyT2MWiaCp5wSS3UiANe0tMiHm+YwrGkysvDnph4+
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBpDCCAUqgAwIBAgIURUTNSpMJsT4fdZOTpYlqrExO7m0wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwObW9kZWxzLmV4YW1wbGUwIBcNMjYxMTI4MjAyMzE3WhgPMjEy
NjExMDQyMDIzMTdaMBkxFzAVBgNVBAMMDm1vZGVscy5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEbADlDuzCm9ncitbENzgzwGVv0ST7ygYFZlQWugg7
4WL3Ask9jFomgqecEkt1IgDXtLTIh5vmMKxpMrLw56YePqNuMGwwHQYDVR0OBBYE
FMGwWMZ3uJlaehyJuSzWDNTmXuvBMB8GA1UdIwQYMBaAFMGwWMZ3uJlaehyJuSzW
DNTmXuvBMA8GA1UdEwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIObW9kZWxzLmV4YW1w
bGUwCgYIKoZIzj0EAwIDSAAwRQIgEobh21xRj9+PTTFqHmSX9bVfs17KCRtEY565
xC+WDbcCIQDiaC0oUKQAh6zKeOBLfANV361wMjzdIgqvjSD7i4EbCw==
-----END CERTIFICATE-----`;

/**
 * A server that speaks TLS for one that doesn't, and a proxy that alone leads to it; both end with the test. From now on this process
 * trusts the server's certificate.
 */
export async function startHttpsThroughProxy(test: Test, plainPort: number) {
  setDefaultCACertificates([...getCACertificates(), cert]);
  const sockets = new Set<Socket>();
  const keep = <Kept extends Socket>(socket: Kept): Kept => {
    sockets.add(socket);
    socket.on('error', () => {});
    return socket;
  };
  const secure = createServer({ key, cert }, (socket) => {
    const plain = keep(connect(plainPort, '127.0.0.1'));
    keep(socket).pipe(plain).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(secure, 'listening');
  /** Where it was asked to lead to, with the headers of each request. */
  const asked: { target: string; headers: NodeJS.Dict<string | string[]> }[] = [];
  /** The status with which the proxy refuses, if it does. */
  const refusal = { status: 0 };
  const proxy = createHttpServer((_request, response) => void response.writeHead(405).end())
    .on('connect', ({ url = '', headers }, client: Socket) => {
      asked.push({ target: url, headers });
      keep(client);
      if (refusal.status > 0) return void client.end(`HTTP/1.1 ${refusal.status} No\r\ncontent-length: 0\r\n\r\n`);
      const onward = keep(connect((secure.address() as AddressInfo).port, '127.0.0.1'));
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      client.pipe(onward).pipe(client);
    })
    .listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  test.after(async () => {
    for (const socket of sockets) socket.destroy();
    secure.close();
    proxy.close();
  });
  return { proxyAddress: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked, refusal };
}
