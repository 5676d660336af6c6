/** What every ObjectStore does: one suite for all of them. Called by the tests of each implementation. */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeConditions } from './contract/conditions.ts';
import { describeKeys } from './contract/keys.ts';
import { describeListing } from './contract/listing.ts';
import { describeMetadata } from './contract/metadata.ts';
import { describeMultipart } from './contract/multipart.ts';
import { describeReading } from './contract/reading.ts';
import { Probe, type Shortcomings } from './contract/probe.ts';
import type { ObjectStore } from './object-store.ts';

export type { Shortcomings };

export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** Called after the last test; the store is closed before. */
  cleanUp(): Promise<void>;
}

/** Declares the suite. @param makeStore an empty place for objects, made once */
export function describeObjectStore(
  name: string,
  makeStore: () => Promise<StoreUnderTest>,
  shortcomings: Shortcomings = {},
): void {
  describe(`${name} as an object store`, () => {
    const probe = new Probe();
    let made: StoreUnderTest;

    beforeAll(async () => {
      made = await makeStore();
      probe.use(made.store);
    }, 120_000);
    afterAll(async () => {
      await made.store.close();
      await made.cleanUp();
    });

    describeReading(probe);
    describeMetadata(probe, shortcomings);
    describeListing(probe);
    describeKeys(probe, shortcomings);
    describeConditions(probe);
    describeMultipart(probe, shortcomings);
  });
}
