import { measureFloor } from './floor.ts';
import { measureAssay } from './measure-assay.ts';
import { measureFaissNode } from './measure-faiss-node.ts';
import { measureFaissStore } from './measure-faiss-store.ts';
import type { SubjectName, SubjectOrder } from './subject.ts';

/** The process of one subject: measures it and sends the result to the process that started it. */
const { subject, size, seconds } = JSON.parse(process.argv[2]!) as SubjectOrder;
const measures: Record<SubjectName, () => Promise<object>> = {
  floor: () => measureFloor(size),
  'faiss-node': () => measureFaissNode(size, seconds),
  'faiss-store': () => measureFaissStore(size, seconds),
  assay: () => measureAssay(size, seconds),
};
const result = await measures[subject]();
process.send!(result, () => process.exit());
