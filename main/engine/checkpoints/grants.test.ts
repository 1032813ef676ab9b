import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { GRANT_KEY_VARIABLE, createGrantKey, openGrant, sealGrant, takeGrantKey } from './grants.ts';

const key = createGrantKey();
const unknown = { code: 'checkpoint/unknown-grant' };

function refusalOf(grant: string, withKey: string | null = key): unknown {
  try {
    return openGrant(grant, withKey);
  } catch (error) {
    return error;
  }
}

describe('a grant', () => {
  it('opens to the path it was sealed from, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (file) => {
        expect(openGrant(sealGrant(file, key), key)).toBe(file);
      }),
    );
  });

  it('says nothing of the path, and is another word each time', () => {
    const words = [sealGrant('/home/person/secret.pt', key), sealGrant('/home/person/secret.pt', key)];
    expect(words[0]).not.toBe(words[1]);
    for (const word of words) {
      expect(word).toMatch(/^[A-Za-z0-9_-]+$/);
      expect(Buffer.from(word, 'base64url').toString('latin1')).not.toContain('secret');
    }
  });

  it('opens with no other key, and with none', () => {
    const grant = sealGrant('/a.pt', key);
    expect(refusalOf(grant, createGrantKey())).toMatchObject(unknown);
    expect(refusalOf(grant, null)).toMatchObject(unknown);
  });

  it('is refused when any bit of it is changed', () => {
    const bytes = Buffer.from(sealGrant('/a.pt', key), 'base64url');
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(refusalOf(changed.toString('base64url'))).toMatchObject(unknown);
    }
  });

  it('is refused when it is made up or cut', () => {
    const grant = sealGrant('/a.pt', key);
    for (let length = 0; length < grant.length; length++) {
      // The last character of base64 may carry no bit of its own.
      if (Buffer.from(grant.slice(0, length), 'base64url').length === Buffer.from(grant, 'base64url').length)
        continue;
      expect(refusalOf(grant.slice(0, length))).toMatchObject(unknown);
    }
    fc.assert(
      fc.property(fc.string(), (word) => {
        expect(refusalOf(word)).toMatchObject(unknown);
      }),
    );
  });
});

describe('the key', () => {
  it('is taken out of the environment with its reading', () => {
    const environment = { [GRANT_KEY_VARIABLE]: key, OTHER: 'stays' };
    expect(takeGrantKey(environment)).toBe(key);
    expect(environment).toEqual({ OTHER: 'stays' });
    expect(takeGrantKey(environment)).toBe(null);
  });

  it('is none if it is no key', () => {
    expect(takeGrantKey({ [GRANT_KEY_VARIABLE]: 'short' })).toBe(null);
  });
});
