/**
 * The proxy from the command line:
 *   node test/bench/s3-proxy.ts --target http://127.0.0.1:9000 [--address A] [--port N] [--latency MS] [--seed N] [--faults JSON] [--verbose]
 * Prints `ready ENDPOINT`, with --verbose a line for every exchange, and the counts as JSON when it is interrupted.
 */
import { parseArgs } from 'node:util';
import type { Faults } from '../s3/faults.ts';
import { startProxy, type ExchangeRecord } from '../s3/proxy.ts';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    address: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    latency: { type: 'string', default: '0' },
    seed: { type: 'string', default: '0' },
    faults: { type: 'string', default: '{}' },
    verbose: { type: 'boolean', default: false },
  },
});
if (values.target === undefined) throw new Error('--target: which S3 server, as http://host:port?');

const proxy = await startProxy({
  target: values.target,
  address: values.address,
  port: Number(values.port),
  latencyMilliseconds: Number(values.latency),
  seed: Number(values.seed),
  faults: JSON.parse(values.faults) as Faults,
  onExchange: values.verbose ? printExchange : undefined,
});
console.log(`ready ${proxy.endpoint}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.log(JSON.stringify(proxy.counts()));
    void proxy.stop();
  });
}

function printExchange({ kind, bucket, key, query, status, fault, bytesUp, bytesDown }: ExchangeRecord): void {
  const prefix = query.get('prefix');
  const name = `/${bucket}/${key}${prefix === null ? '' : ` prefix=${prefix}`}`;
  console.log(
    `${kind} ${name} ${status ?? 'broken'} ${bytesUp} up ${bytesDown} down${fault === undefined ? '' : ` ${fault}`}`,
  );
}
