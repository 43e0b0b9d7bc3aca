// The console's names for the types of API responses, and its own types. Not served.

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
  /** Called when the summary has changed. */
  summaryChanged?: () => void;
  leave?: () => void;
  /** Whether the view has unsaved changes. */
  isChanged?: () => boolean;
}
type ViewMaker = (app: App, ...args: string[]) => View;

/** Data loaded from the API: see `resource.js`. */
interface Resource<T> {
  data: T | null;
  problem: Problem | null;
  isLoading: boolean;
  reload: () => Promise<void>;
}

/** A list that the API gives in pages with tokens: see `parts/cursor.js`. */
interface Cursor<T> extends Resource<T[]> {
  /** Token of the next page; null if there is none. */
  token: string | null;
  /** Reads the next page. */
  more: () => Promise<void>;
}

interface App {
  summary: Summary | null;
  problem: Problem | null;
  /** Current time of the service's clock. */
  now: () => Date;
  redraw: () => void;
  go: (path: string) => void;
  /** Requests the summary now. Not needed after a change, whose response contains it. */
  refresh: () => Promise<void>;
  /** Merges the response to a change into the summary, if it does not contain a whole one. */
  change: (part: (summary: Summary) => Partial<Summary>) => void;
  toast: (text: string, more?: { kind?: "good" | "bad" | "info"; action?: { words: string; to: string } }) => void;
  /** Handles an error: an expired token ends the session, any other problem is shown as a toast. */
  showError: (thrown: unknown) => void;
  signOut: () => void;
}

/** A response as it is sent: values that are optional in the OpenAPI document are present as null. */
type Sent<T> = T extends (infer Item)[]
  ? Sent<Item>[]
  : T extends object
    ? { [Name in keyof T]-?: Sent<Exclude<T[Name], undefined>> }
    : T;

type Summary = Sent<Schemas["Summary"]>;
type Person = Sent<Schemas["PersonOut"]>;
type Failure = Sent<Schemas["FailureOut"]>;
type Backup = Sent<Schemas["BackupOut"]>;
type Losses = Sent<Schemas["LossesOut"]>;
type Changes = Sent<Schemas["ChangesOut"]>;
type Counted = Sent<Schemas["CountedOut"]>;
type BackupFile = Sent<Schemas["FileOut"]>;
type NewestBackup = Sent<Schemas["NewestBackup"]>;
type Sentence = Sent<Schemas["Sentence"]>;
type Schedule = Sent<Schemas["ScheduleOut"]>;
type Allowance = Sent<Schemas["AllowanceOut"]>;
/** The details of `limit` are described in `parts/limit.js`. */
type Preview = Omit<Sent<Schemas["Preview"]>, "limit"> & { limit: any };
type Contents = Sent<Schemas["ContentsOut"]>;
type HistoryRecord = Sent<Schemas["Record"]>;
type Notice = Sent<Schemas["Notification"]>;
type ExploredModules = Sent<Schemas["ModulesEnvelope"]>;
type ExploredRecords = Sent<Schemas["RecordsEnvelope"]>;
type ExploredRecord = Sent<Schemas["ExploredRecord"]>;
type RecordAttachment = Sent<Schemas["AttachmentOut"]>;
type RecordHistory = Sent<Schemas["RecordHistoryEnvelope"]>;
type SearchedPage = Sent<Schemas["SearchEnvelope"]>;
type SearchHit = Sent<Schemas["SearchHitOut"]>;
type ComparedModule = Sent<Schemas["ComparedModule"]>;
type ComparedRecord = Sent<Schemas["ComparedRecord"]>;
type ComparedAttachment = Sent<Schemas["ComparedAttachment"]>;
type Restore = Sent<Schemas["RestoreOut"]>;
type Drill = Sent<Schemas["DrillOut"]>;
/** What a restore does to records: see `parts/restores.js`. */
type RestoreCounts = Sent<Schemas["PlanCountsOut"]>;
type PlannedRecord = Sent<Schemas["PlannedRecordOut"]>;
type Erasure = Sent<Schemas["ErasureOut"]>;
type RestoredRecord = Sent<Schemas["ReportedRecord"]>;
type Settings = Sent<Schemas["SettingsOut"]>;
type Source = Sent<Schemas["SourceOut"]>;
type Connection = Sent<Schemas["ConnectionOut"]>;
type RestoreTarget = Sent<Schemas["RestoreTargetOut"]>;
type ZohoOffer = Sent<Schemas["ZohoOffer"]>;
type Check = Sent<Schemas["CheckOut"]>;
type Webhook = Sent<Schemas["WebhookOut"]>;
type Product = Sent<Schemas["ProductOut"]>;
type Prices = Sent<Schemas["PricesOut"]>;
/** The price of an order before it is placed. */
type Quote = Sent<Schemas["QuoteOut"]>;
type OrderLine = Sent<Schemas["LineOut"]>;
type Order = Sent<Schemas["OrderOut"]>;
type Subscription = Sent<Schemas["SubscriptionOut"]>;
/** Values of the schedule form. */
interface Form {
  choice: string;
  weekday: string;
  by: string;
  date: string;
  nth: string;
}
