import helmet from 'helmet';

/**
 * The policy of every reply that is not a page: a browser that shows it runs nothing in it and puts it into no frame. A
 * page sets its own `content-security-policy` instead.
 */
const directives = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

/** The policy of `/docs`: its own scripts, and the styles that Swagger UI writes into its elements. */
export const docsContentSecurityPolicy = Object.entries({
  ...directives,
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
})
  .map(([name, sources]) => `${name} ${sources.join(' ')}`)
  .join(';');

/**
 * The security headers of every reply. No HSTS: the service speaks HTTP, and only the proxy before it knows whether its
 * name is one for HTTPS. They never change, so Helmet is asked once.
 */
export const securityHeaders = headersOf(
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  }),
);

/** The headers that a middleware sets, by their names in lower case. */
function headersOf(middleware: ReturnType<typeof helmet>): Record<string, string> {
  const headers = new Map<string, string>();
  const response = {
    setHeader: (name: string, value: string) => void headers.set(name.toLowerCase(), value),
    removeHeader: () => {},
  };
  middleware({} as never, response as never, (error) => {
    if (error) throw error;
  });
  return Object.fromEntries(headers);
}
