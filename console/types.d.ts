// What the API answers, by the names that the console has for it; and the console's own shapes. Not served.

type Handler = (event: any) => void;
type Child = Node | string | number | boolean | null | undefined | Child[];
type Props = {
  key?: string;
  on?: Record<string, Handler>;
  [attribute: string]: string | number | boolean | null | undefined | Record<string, Handler>;
};

interface Problem {
  isProblem: true;
  status: number;
  code: string;
  message: string;
  details: any;
}

interface View {
  title: () => string;
  draw: () => Child[];
  /** The summary has changed. */
  news?: () => void;
  leave?: () => void;
  /** Whether something was changed here and is not saved. */
  isChanged?: () => boolean;
}
type ViewMaker = (app: App, ...args: string[]) => View;

/** Something that is loaded: see `resource.js`. */
interface Resource<T> {
  data: T | null;
  problem: Problem | null;
  isLoading: boolean;
  reload: () => Promise<void>;
}

interface App {
  summary: Summary | null;
  problem: Problem | null;
  /** The service's time. */
  now: () => Date;
  redraw: () => void;
  go: (path: string) => void;
  /** Asks for the summary now. A change needs no such question: its answer has the summary. */
  refresh: () => Promise<void>;
  /** Shows what a change has answered with, where that is no whole summary. */
  change: (part: (summary: Summary) => Partial<Summary>) => void;
  toast: (text: string, more?: { kind?: "good" | "bad" | "news"; action?: { words: string; to: string } }) => void;
  /** Takes a refusal: an expired token ends the session, anything else is told. */
  tell: (thrown: unknown) => void;
  signOut: () => void;
}

/** An answer as it is sent: a value that may be absent by the document is there as null. */
type Sent<T> = T extends (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { [Name in keyof T]-?: Sent<Exclude<T[Name], undefined>> }
    : T;

type Summary = Sent<Schemas["Summary"]>;
type Person = Sent<Schemas["PersonOut"]>;
type Failure = Sent<Schemas["FailureOut"]>;
type Backup = Sent<Schemas["BackupOut"]>;
type BackupFile = Sent<Schemas["FileOut"]>;
type NewestBackup = Sent<Schemas["NewestBackup"]>;
type Sentence = Sent<Schemas["Sentence"]>;
type Schedule = Sent<Schemas["ScheduleOut"]>;
type Allowance = Sent<Schemas["AllowanceOut"]>;
/** What the pop-up says about a limit is described where it is shown. */
type Preview = Omit<Sent<Schemas["Preview"]>, "limit"> & { limit: any };
type Contents = Sent<Schemas["ContentsOut"]>;
type HistoryRecord = Sent<Schemas["Record"]>;
type Notice = Sent<Schemas["Notification"]>;
type Settings = Sent<Schemas["SettingsOut"]>;
type Source = Sent<Schemas["SourceOut"]>;
type Webhook = Sent<Schemas["WebhookOut"]>;
type Product = Sent<Schemas["ProductOut"]>;
type Prices = Sent<Schemas["PricesOut"]>;
/** The summary of an order that is not placed. */
type Quote = Sent<Schemas["QuoteOut"]>;
type OrderLine = Sent<Schemas["LineOut"]>;
type Order = Sent<Schemas["OrderOut"]>;
type Subscription = Sent<Schemas["SubscriptionOut"]>;
/** What a schedule's form has. */
interface Form {
  choice: string;
  weekday: string;
  by: string;
  date: string;
  nth: string;
}
