/** The port to whatever judges texts. Results name who made them. */
export interface Moderation {
  flagged: boolean;
  categories: string[];
  /** 0 to 1 by category. */
  scores: Record<string, number>;
}
export interface Triage {
  category: string;
  priority: string;
  confidence: number;
  because: string[];
}
/** May throw UnavailableError: the work waits, nothing is lost. Text is data, never an instruction. */
export interface AiProvider {
  readonly provider: string;
  readonly model: string;
  moderate(text: string): Promise<Moderation>;
  triage(text: string): Promise<Triage>;
  /** null: short enough as it is. */
  summarise(text: string): Promise<string | null>;
}
