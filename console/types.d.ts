// What the API answers, as far as the console reads it; and the console's own shapes. Not served.

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

interface App {
  summary: Summary | null;
  problem: Problem | null;
  /** The service's time. */
  now: () => Date;
  redraw: () => void;
  go: (path: string) => void;
  /** Asks for the summary now. */
  refresh: () => Promise<void>;
  toast: (text: string, more?: { kind?: "good" | "bad" | "news"; action?: { words: string; to: string } }) => void;
  /** Takes a refusal: an expired token ends the session, anything else is told. */
  tell: (thrown: unknown) => void;
  signOut: () => void;
}

interface Person {
  id: string;
  name: string;
  zuid: string;
}
interface Amount {
  items: number;
  rows: number;
  bytes: number;
}
interface Failure {
  code: string;
  message: string;
  subject?: { module: string; record?: string; file?: string };
}
interface BackupFile {
  name: string;
  kind: "data" | "attachments";
  size: number;
  entries: number;
  rows: number | null;
  attachments: number | null;
  checksum: { algorithm: string; value: string } | null;
}
type RepeatType = "immediate" | "weekly" | "biweekly" | "monthly";
interface Backup {
  id: string;
  type: RepeatType;
  status: "INPROGRESS" | "COMPLETED" | "FAILED";
  requester: Person;
  created_time: string;
  finished_time: string | null;
  expiry_date: string;
  downloadable: boolean;
  failure: Failure | null;
  files: BackupFile[];
}
interface NewestBackup extends Backup {
  progress: { done: Amount; total: Amount | null; seconds_left: number | null };
}
interface Sentence {
  en: string;
  ja: string;
}
interface Schedule {
  id: string;
  type: RepeatType;
  rrule: string;
  sentence: Sentence;
  time_of_day: string;
  next_runs: string[];
  calendar: string[];
  /** Runs of the calendar that will be skipped as things stand. */
  skips: string[];
  requester: Person;
  etag: string;
}
interface Allowance {
  plan: string;
  unlimited?: boolean;
  free_per_month: number | null;
  used?: number;
  free_left?: number | null;
  renews?: string;
  one_time_left?: number;
  weekly?: null | { subscription: string; until: string; status: string };
  left: number | null;
  purchases?: boolean;
}
interface Summary {
  now: string;
  time_zone: string;
  organisation: string;
  user: Person;
  notifications: { unread: number; newest: string | null };
  schedule: Schedule | null;
  backup: NewestBackup | null;
  last: NewestBackup | null;
  allowance: Allowance;
  past_runs: { time: string; outcome: "ready" | "failed" | "skipped" | "missed" }[];
}
interface Preview {
  rrule: string;
  type: RepeatType;
  sentence: Sentence;
  time_zone: string;
  time_of_day: string;
  next_runs: string[];
  skips: string[];
  months: { month: string; runs: number; skipped: number }[];
  limit: any;
}
interface Contents {
  source: { kind: string; consistency: string };
  read_from: string;
  csv: { byte_order_mark: boolean; escape_formulas: boolean; protect_values: boolean };
  modules: {
    api_name: string;
    label: string;
    fields: number;
    rows: number;
    attachments: number;
    attachment_bytes: number;
    files: { path: string; rows: number; bytes: number; sha256: string }[];
  }[];
  left_out: { module: string; field: string | null; reason: string }[];
}
interface PageInfo {
  per_page: number;
  count: number;
  page: number;
  more_records: boolean;
}
interface HistoryRecord {
  id: string;
  done_by: Person;
  log_time: string;
  state: string | null;
  action: string | null;
  repeat_type: RepeatType;
  file_name: string | null;
  backup: string | null;
  product: string | null;
  plan: string | null;
  sentence: Sentence | null;
  address: string | null;
  count: number | null;
  kind: string;
  order?: string | null;
  amount?: number | null;
  currency?: string | null;
}
interface Notice {
  id: string;
  kind: string;
  backup: { id: string } | null;
  time: string;
  failure: Failure | null;
  links: { file_name: string; url: string; expiry_date: string }[];
  read: boolean;
}
interface Settings {
  time_zone: string;
  time_of_day: string;
  recipients: string[];
  locale: "ja" | "en" | null;
  csv: { byte_order_mark: boolean; escape_formulas: boolean; protect_values: boolean };
  max_part_bytes: number | null;
}
interface Source {
  kind: string;
  consistency: string;
  rows: number;
  attachments: number;
  attachment_bytes: number;
  modules: { api_name: string; label: string; rows: number; attachments: number; left_out: string | null }[];
}
interface Webhook {
  id: string;
  url: string;
  status: "active" | "disabled";
  created_time: string;
}
interface Product {
  product: "one_time" | "weekly" | "plan";
  plan: string | null;
  amount: number;
  per: "backup" | "month";
  free_per_month?: number | null;
  available: boolean;
}
interface Prices {
  country: string;
  currency: string;
  minor_digits: number;
  tax: { name: string; percent: string; included: boolean } | null;
  products: Product[];
  quote: Quote | null;
}
/** The summary of an order that is not placed. */
interface Quote {
  lines: OrderLine[];
  subtotal: number;
  tax: { name: string; percent: string; included: boolean; amount: number } | null;
  total: number;
  renews_amount: number;
}
interface OrderLine {
  product: string;
  plan: string | null;
  quantity: number;
  unit_amount: number;
  amount: number;
  per: "backup" | "month";
}
interface Order {
  id: string;
  number: string;
  status: "DRAFT" | "AWAITING_PAYMENT" | "PROCESSING" | "PAID" | "FAILED" | "EXPIRED" | "CANCELLED";
  origin: string;
  currency: string;
  minor_digits: number;
  lines: OrderLine[];
  subtotal: number;
  tax: { name: string; percent: string; included: boolean; amount: number } | null;
  total: number;
  renews_amount: number;
  created_time: string;
  created_by: Person;
  expires_time: string;
  paid_time: string | null;
  checkout_url: string | null;
  receipt_url: string | null;
  refunded_amount: number;
  disputed: boolean;
}
interface Subscription {
  id: string;
  product: "weekly" | "plan";
  plan: string | null;
  status: "ACTIVE" | "PAST_DUE" | "ENDING" | "ENDED";
  amount: number;
  currency: string;
  minor_digits: number;
  started_time: string;
  period_end: string;
  ended_time: string | null;
  order: string;
}
/** What a schedule's form has. */
interface Form {
  choice: string;
  weekday: string;
  by: string;
  date: string;
  nth: string;
}
