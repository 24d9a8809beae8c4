import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

const directives = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};
const written = (policy: Record<string, string[]>) =>
  Object.entries(policy)
    .map(([name, sources]) => `${name} ${sources.join(' ')}`)
    .join(';');

/**
 * The policy of whatever is not a page: a browser that shows it runs nothing of it and puts it into no frame. A page sets its
 * own `content-security-policy`, which takes this one's place.
 */
export const contentSecurityPolicy = written(directives);

/** The policy of `/docs`: its own scripts, and the styles that Swagger UI writes into its elements. */
export const docsContentSecurityPolicy = written({
  ...directives,
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
});

/**
 * Sets on every reply what browsers are to keep to. No HSTS: the service speaks HTTP, and whether its name is one for HTTPS
 * is known to the proxy that does.
 */
export async function setSecurityHeaders(app: FastifyInstance) {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
}
