/** One step of the schema. A published migration never changes; a new one takes the next number. */
export interface Migration {
  number: number;
  name: string;
  sql: string;
}
