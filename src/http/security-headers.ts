import helmet from 'helmet';

/**
 * The policy of whatever is not a page: a browser that shows it runs nothing of it and puts it into no frame. A page sets its
 * own `content-security-policy`, which takes this one's place.
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
 * What every reply tells browsers to keep to. No HSTS: the service speaks HTTP, and whether its name is one for HTTPS is known to
 * the proxy that does. Helmet says the same for every reply, so it is asked once.
 */
export const securityHeaders = headersOf(
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  }),
);

/** The headers that a middleware sets, by their names in small letters. */
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
