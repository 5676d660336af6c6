import { describeVersion } from './describe-version.ts';

describeVersion('4.1');
