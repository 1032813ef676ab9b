import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

/**
 * Who may talk to the server: a request must name a host that is this machine (a page of another
 * site whose name was rebound to our address does not), must not come from another site's page, and
 * must carry the token, as a cookie that the first visit sets or as `Authorization: Bearer`.
 */

const ticketLifeMs = 120_000;

export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

export class Tokens {
  readonly #token: string;
  readonly #tickets = new Map<string, number>();
  /** Differs between servers: browsers share cookies between the ports of a host. */
  readonly cookieName: string;

  constructor(token: string) {
    this.#token = token;
    this.cookieName = `fewstep-${digest(token).toString('hex').slice(0, 8)}`;
  }

  /** A token for one visit, for places where it can be read by others, such as a command line. */
  issueTicket(): string {
    const ticket = createToken();
    this.#tickets.set(ticket, Date.now() + ticketLifeMs);
    return ticket;
  }

  /** True for the token and, once, for a ticket that is still fresh. */
  redeem(offered: string): boolean {
    if (isSameSecret(offered, this.#token)) return true;
    for (const [ticket, expiry] of this.#tickets) {
      if (!isSameSecret(offered, ticket)) continue;
      this.#tickets.delete(ticket);
      return Date.now() < expiry;
    }
    return false;
  }

  /** For `Set-Cookie`: a session cookie that no script reads and no other site sends. */
  get cookie(): string {
    return `${this.cookieName}=${this.#token}; Path=/; HttpOnly; SameSite=Strict`;
  }

  admits(request: IncomingMessage): boolean {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) return isSameSecret(bearer, this.#token);
    const cookies = (request.headers.cookie ?? '').split(';').map((each) => each.trim());
    const prefix = `${this.cookieName}=`;
    const cookie = cookies.find((each) => each.startsWith(prefix));
    return cookie !== undefined && isSameSecret(cookie.slice(prefix.length), this.#token);
  }
}

/** Digests are compared, so that neither length nor first difference shows in the time it takes. */
function isSameSecret(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Whether a `Host` header names this machine. The port does not matter: an SSH tunnel may begin at
 * another one. Addresses cannot be rebound, so a server that listens beyond loopback takes them all.
 */
export function isOwnHost(header: string | undefined, boundHost: string): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::\d{1,5})?$/i.exec(header ?? '');
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase();
  if (name === '') return false;
  if (isLoopback(name)) return true;
  if (isLoopback(boundHost)) return false;
  return isIP(name) !== 0 || name === boundHost.toLowerCase() || name === hostname().toLowerCase();
}

/** Whether a request was made by our own page, or by no page at all (no `Origin`). */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  const match = /^(https?:\/\/)[^/]+$/i.exec(origin);
  if (match === null || host === undefined) return false;
  try {
    return new URL(origin).host === new URL(`${match[1]}${host}`).host;
  } catch {
    return false;
  }
}
