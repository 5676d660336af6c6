import { describeVersion } from './describe-version.ts';

describeVersion('3');
