// Made from docs/openapi.json by `node tests/browser/types.js`: do not edit. Not served.

interface Schemas {
    AllowanceEnvelope: {
        allowance: Schemas["AllowanceOut"];
    };
    /** @description What an organisation may use. */
    AllowanceOut: {
        /**
         * Format: int32
         * @description Free backups left this month.
         */
        free_left?: number | null;
        /** Format: int32 */
        free_per_month?: number | null;
        /**
         * Format: int32
         * @description Free and one-time backups left.
         */
        left?: number | null;
        /**
         * Format: int32
         * @description One-time backups left.
         */
        one_time_left: number;
        plan: string;
        /** @description Whether something can be bought here. */
        purchases: boolean;
        /** @description When the next month's free backups are there. */
        renews: Schemas["LocalTime"];
        /** @description Whether the plan has no limit; all counts are null then. */
        unlimited: boolean;
        /**
         * Format: int32
         * @description Free backups used this month.
         */
        used: number;
        weekly?: Schemas["WeeklyOut"] | null;
    };
    AmountOut: {
        /** Format: int64 */
        bytes: number;
        /** Format: int64 */
        items: number;
        /** Format: int64 */
        rows: number;
    };
    /** @description An error; the scheduling calls put it under `backup`. */
    AnyError: Schemas["ErrorOut"] | {
        backup: Schemas["ErrorOut"];
    };
    /**
     * @description Version of the API; all answer alike.
     * @enum {string}
     */
    ApiVersion: "v2.1" | "v3" | "v4" | "v5" | "v6" | "v7" | "v8";
    /** @description The answer of the scheduling calls. */
    BackupEnvelope_Details: {
        /** @description The schedule that goes on, or else what was set up or stopped last. */
        backup: {
            /** @description Id of the schedule, or of the backup that was asked for. */
            id: string;
            /** @description Who set it up. */
            requester: Schemas["PersonOut"];
            /** @description The rule; null for a backup now. */
            rrule?: string | null;
            scheduled_date?: Schemas["LocalTime"] | null;
            start_date?: Schemas["LocalTime"] | null;
            status: Schemas["CurrentStatus"];
        };
    };
    /** @description The answer of the scheduling calls. */
    BackupEnvelope_Success_Changed: {
        /** @description What a call that changes something answers. */
        backup: {
            code: Schemas["SuccessCode"];
            /** @description The id of what was changed, and what else is worth knowing. */
            details: {
                /** @description The id. */
                id: string;
                /** @description Something to know about it. */
                note?: string | null;
            };
            /** @description The same in words. */
            message: string;
            status: Schemas["SuccessStatus"];
        };
    };
    /** @description A backup. */
    BackupOut: {
        created_time: Schemas["LocalTime"];
        /** @description Whether its files can be downloaded now. */
        downloadable: boolean;
        /** @description When its files are gone. */
        expiry_date: Schemas["LocalTime"];
        failure?: Schemas["FailureOut"] | null;
        files: Schemas["FileOut"][];
        finished_time?: Schemas["LocalTime"] | null;
        id: string;
        requester: Schemas["PersonOut"];
        status: Schemas["BackupStatus"];
        type: Schemas["RepeatKind"];
    };
    /** @description What is asked for. */
    BackupRequest: {
        backup?: Schemas["Options"] | null;
    };
    /**
     * @description State of a backup.
     * @enum {string}
     */
    BackupStatus: "INPROGRESS" | "COMPLETED" | "FAILED";
    BackupsEnvelope: {
        backups: Schemas["BackupOut"][];
        info: Schemas["PageInfo"];
    };
    CancelRequest: {
        subscription: Schemas["Confirmation"];
    };
    /**
     * @description Checksum algorithm of a zip.
     * @enum {string}
     */
    ChecksumAlgorithm: "CRC-32";
    /** @description A checksum of the whole zip. CRC-32 follows from what the zip is composed of; the manifest inside has SHA-256 for every file. */
    ChecksumOut: {
        algorithm: Schemas["ChecksumAlgorithm"];
        /**
         * @description Eight hexadecimal digits.
         * @example 0a1b2c3d
         */
        value: string;
    };
    Confirmation: {
        confirm: boolean;
    };
    /** @description How CSV was written. */
    ContentsCsv: {
        byte_order_mark: boolean;
        escape_formulas: boolean;
        protect_values: boolean;
    };
    ContentsEnvelope: {
        contents: Schemas["ContentsOut"];
    };
    ContentsModule: {
        api_name: string;
        /** Format: int64 */
        attachment_bytes: number;
        /** Format: int64 */
        attachments: number;
        /**
         * Format: int64
         * @description Columns.
         */
        fields: number;
        /** @description Its CSV files. */
        files: Schemas["CsvFileOut"][];
        label: string;
        /** Format: int64 */
        rows: number;
    };
    /** @description What a backup holds. */
    ContentsOut: {
        csv: Schemas["ContentsCsv"];
        left_out: Schemas["ExcludedOut"][];
        modules: Schemas["ContentsModule"][];
        /** @description When the first of it was read. */
        read_from: Schemas["LocalTime"];
        source: Schemas["SourceKind"];
    };
    CsvFileOut: {
        /** Format: int64 */
        bytes: number;
        path: string;
        /** Format: int64 */
        rows: number;
        sha256: string;
    };
    /** @description How CSV files are written. */
    CsvOut: {
        /** @description Whether they begin with a byte order mark, so that Excel reads them on double click. */
        byte_order_mark: boolean;
        /** @description Whether cells that a spreadsheet would run as a formula are made harmless. */
        escape_formulas: boolean;
        /**
         * @description Whether cells that a spreadsheet would change (ids, leading zeros, what looks like a date) are kept from it; only with
         *     `escape_formulas`.
         */
        protect_values: boolean;
    };
    /**
     * @description State of the current schedule or backup.
     * @enum {string}
     */
    CurrentStatus: "SCHEDULED" | "INPROGRESS" | "COMPLETED" | "FAILED" | "STOPPED";
    Download: {
        /** @description When the link stops working. */
        expiry_date: Schemas["LocalTime"];
        file_name: string;
        url: string;
    };
    DownloadEnvelope: {
        download: Schemas["Download"];
    };
    EntryOut: {
        /** @description The backup that it was for. */
        backup?: string | null;
        cause: Schemas["LedgerCause"];
        /**
         * Format: int64
         * @description How many backups more, or fewer.
         */
        change: number;
        /** @description The event that it was stored with. */
        event: string;
        /**
         * Format: int32
         * @description How many are left of the pool.
         */
        left: number;
        /**
         * @description The month (2026-11), the week (2026-W48), or the order.
         * @example 2026-11
         */
        of: string;
        pool: Schemas["LedgerPool"];
        time: Schemas["LocalTime"];
    };
    /** @description An error: a stable code, what to do, and details that depend on the code. */
    ErrorOut: {
        /** @description Stable code, for example `INVALID_DATA`. */
        code: string;
        /** @description What is at fault, for example `{"api_name":"rrule","json_path":"$.backup.rrule"}`. */
        details: unknown;
        /** @description What went wrong and what to do. */
        message: string;
        status: Schemas["ErrorStatus"];
    };
    /**
     * @description Always `error`.
     * @enum {string}
     */
    ErrorStatus: "error";
    /**
     * @description Kind of an event in the history.
     * @enum {string}
     */
    EventName: "settings_saved" | "schedule_set" | "schedule_changed" | "schedule_stopped" | "backup_started" | "backup_ready" | "backup_failed" | "backup_skipped" | "backup_missed" | "download_started" | "order_placed" | "order_confirmed" | "purchased" | "order_failed" | "order_expired" | "order_cancelled" | "refunded" | "disputed" | "dispute_won" | "subscription_renewed" | "payment_failed" | "subscription_cancelled" | "subscription_resumed" | "subscription_ended" | "plan_changed";
    /** @description Something that was left out, and why. */
    ExcludedOut: {
        /** @description Null for the whole module. */
        field?: string | null;
        module: string;
        reason: Schemas["LeftOutReason"];
    };
    /** @description Why a backup failed and what to do. */
    FailureOut: {
        /** @description Stable code, for example `ATTACHMENT_MISSING`. */
        code: string;
        /** @description What went wrong and what to do. */
        message: string;
        subject?: Schemas["FailureSubjectOut"] | null;
    };
    /** @description The place in the CRM at which a backup failed. */
    FailureSubjectOut: {
        /** @example offer.pdf */
        file?: string | null;
        /** @description The module's API name. */
        module: string;
        record?: string | null;
    };
    /**
     * @description What a zip holds.
     * @enum {string}
     */
    FileKind: "data" | "attachments";
    /** @description A zip of a backup. */
    FileOut: {
        /**
         * Format: int64
         * @description Attachments in it; null for data, and for zips of older versions.
         */
        attachments?: number | null;
        checksum?: Schemas["ChecksumOut"] | null;
        /**
         * Format: int64
         * @description Entries in it.
         */
        entries: number;
        kind: Schemas["FileKind"];
        /**
         * @description Its name in links and in the call that starts a download.
         * @example Data_001.zip
         */
        name: string;
        /**
         * Format: int64
         * @description Rows of its CSV files; null for attachments, and for zips of older versions.
         */
        rows?: number | null;
        /**
         * Format: int64
         * @description Bytes.
         */
        size: number;
    };
    /**
     * @description Action of an event, in the words of Zoho's history.
     * @enum {string}
     */
    HistoryAction: "scheduled" | "stopped" | "purchased";
    HistoryEnvelope: {
        history: Schemas["Record"][];
        info: Schemas["PageInfo"];
    };
    /**
     * @description Outcome of an event, in the words of Zoho's history.
     * @enum {string}
     */
    HistoryState: "completed" | "failure";
    /**
     * @description Language of mails.
     * @enum {string}
     */
    Language: "ja" | "en";
    /**
     * @description Why a pool has changed.
     * @enum {string}
     */
    LedgerCause: "granted" | "bought" | "used" | "given_back" | "refunded" | "disputed" | "dispute_won";
    LedgerEnvelope: {
        info: Schemas["PageInfo"];
        ledger: Schemas["EntryOut"][];
    };
    /**
     * @description What backups are taken from.
     * @enum {string}
     */
    LedgerPool: "free" | "one_time" | "weekly";
    /**
     * @description Why data is left out of backups.
     * @enum {string}
     */
    LeftOutReason: "mail" | "document" | "integration";
    LineOut: {
        /**
         * Format: int64
         * @description The listed price of the line.
         */
        amount: number;
        per: Schemas["PricedUnit"];
        plan?: string | null;
        product: Schemas["ProductKind"];
        /** Format: int32 */
        quantity: number;
        /**
         * Format: int64
         * @description The listed price of one.
         */
        unit_amount: number;
    };
    Link: {
        /** @description When the link stops working. */
        expiry_date: Schemas["LocalTime"];
        /** @example Data_001.zip */
        file_name: string;
        url: string;
    };
    /**
     * Format: date-time
     * @description An instant as the API writes it: RFC 3339 with the offset of the organisation's zone, to the second.
     * @example 2026-11-26T04:00:00+09:00
     */
    LocalTime: string;
    MarkRead: {
        notifications: Schemas["Until"];
    };
    ModuleOut: {
        api_name: string;
        /** Format: int64 */
        attachments: number;
        label: string;
        left_out?: Schemas["LeftOutReason"] | null;
        /** Format: int64 */
        rows: number;
    };
    MonthRuns: {
        /** @example 2026-12 */
        month: string;
        /** Format: int32 */
        runs: number;
        /**
         * Format: int32
         * @description Those of them that would be skipped as things stand.
         */
        skipped: number;
    };
    /**
     * @description A product that is paid by the month.
     * @enum {string}
     */
    MonthlyProductKind: "weekly" | "plan";
    /** @description A backup, and how far it is. */
    NewestBackup: Schemas["BackupOut"] & {
        progress: Schemas["ProgressOut"];
    };
    /** @description The caller's notifications, in short. */
    NoticesOut: {
        /** @description Id of the newest one. */
        newest?: string | null;
        unread: number;
    };
    Notification: {
        backup?: Schemas["NotifiedBackup"] | null;
        failure?: Schemas["FailureOut"] | null;
        id: string;
        kind: Schemas["NotificationKind"];
        /** @description Links to the files of a backup that is ready, while they can be downloaded. */
        links: Schemas["Link"][];
        read: boolean;
        time: Schemas["LocalTime"];
    };
    /**
     * @description Kind of a notification.
     * @enum {string}
     */
    NotificationKind: "scheduled" | "changed" | "stopped" | "archiving" | "ready" | "failed" | "skipped" | "missed" | "purchased" | "order_failed" | "refunded" | "payment_failed" | "subscription_ended";
    NotificationsEnvelope: {
        info: Schemas["Unread"];
        notifications: Schemas["Notification"][];
    };
    NotifiedBackup: {
        id: string;
    };
    Options: {
        /**
         * @description The rule. `FREQ` WEEKLY or MONTHLY; `INTERVAL` 1 to 52; `BYDAY` (monthly: 1MO to 4SU, or -1FR for the last), or `BYMONTHDAY`
         *     1 to 31, where a shorter month uses its last day.
         * @example RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU
         */
        rrule?: string | null;
    };
    /** @description The answer of calls about one order. */
    OrderEnvelope: {
        order: Schemas["OrderOut"];
    };
    /**
     * @description Where an order was begun.
     * @enum {string}
     */
    OrderOrigin: "backup_page" | "subscription_page" | "upgrade";
    /** @description An order. Amounts are in minor units of its currency. */
    OrderOut: {
        /** @description Where it is paid, while it awaits payment. */
        checkout_url?: string | null;
        created_by: Schemas["PersonOut"];
        created_time: Schemas["LocalTime"];
        /** @example JPY */
        currency: string;
        /** @description Whether the buyer's bank holds the money. */
        disputed: boolean;
        /** @description When it can no longer be paid. */
        expires_time: Schemas["LocalTime"];
        id: string;
        lines: Schemas["LineOut"][];
        /**
         * Format: int32
         * @description Digits of the currency's minor unit.
         */
        minor_digits: number;
        /** @description The number that people quote. */
        number: string;
        origin: Schemas["OrderOrigin"];
        paid_time?: Schemas["LocalTime"] | null;
        receipt_url?: string | null;
        /**
         * Format: int64
         * @description What was paid back.
         */
        refunded_amount: number;
        /**
         * Format: int64
         * @description What is paid again each month, tax in it.
         */
        renews_amount: number;
        status: Schemas["OrderStatus"];
        /**
         * Format: int64
         * @description Without tax.
         */
        subtotal: number;
        tax: Schemas["TaxOut"];
        /**
         * Format: int64
         * @description What is paid, tax in it.
         */
        total: number;
    };
    OrderRequest: {
        order: Schemas["WantedOrder"];
    };
    /**
     * @description State of an order.
     * @enum {string}
     */
    OrderStatus: "DRAFT" | "AWAITING_PAYMENT" | "PROCESSING" | "PAID" | "FAILED" | "EXPIRED" | "CANCELLED";
    OrdersEnvelope: {
        info: Schemas["PageInfo"];
        orders: Schemas["OrderOut"][];
    };
    /** @description Which part of a list an answer is. */
    PageInfo: {
        /** @description Records of this page. */
        count: number;
        /** @description Whether there is another page. */
        more_records: boolean;
        /** @description Its number, from 1. */
        page: number;
        /** @description Most records of a page. */
        per_page: number;
    };
    /** @description A run that is over. */
    PastRun: {
        outcome: Schemas["RunOutcome"];
        /** @description When it ended, or when it would have begun. */
        time: Schemas["LocalTime"];
    };
    /** @description A person as the API shows them. */
    PersonOut: {
        /** @description Id in the CRM. */
        id: string;
        /** @description Display name. */
        name: string;
        /** @description Id at the identity provider. */
        zuid: string;
    };
    /** @description A rule that is not set. */
    Preview: {
        /** @description What must be bought first, or the next run may find nothing; null while something is left. As the details of `LIMIT_REACHED`. */
        limit?: unknown;
        /** @description Runs in each month of the coming year that has any; what the allowance must be enough for. */
        months: Schemas["MonthRuns"][];
        /** @description The first five runs, if it were set now. */
        next_runs: Schemas["LocalTime"][];
        rrule: string;
        sentence: Schemas["Sentence"];
        /** @description Those of them that would be skipped as things stand, because nothing would be left to use. */
        skips: Schemas["LocalTime"][];
        /** @description Hours and minutes in that zone. */
        time_of_day: string;
        time_zone: string;
        type: Schemas["RepeatKind"];
    };
    PreviewEnvelope: {
        preview: Schemas["Preview"];
    };
    /**
     * @description What a price is for.
     * @enum {string}
     */
    PricedUnit: "backup" | "month";
    PricesEnvelope: {
        prices: Schemas["PricesOut"];
    };
    PricesOut: {
        /** @description The country that the prices are those of, ISO 3166-1 alpha-2. */
        country: string;
        /** @example JPY */
        currency: string;
        /**
         * Format: int32
         * @description Digits of the currency's minor unit, in which amounts are.
         */
        minor_digits: number;
        products: Schemas["ProductOut"][];
        quote?: Schemas["QuoteOut"] | null;
        tax: Schemas["TaxOut"];
    };
    /**
     * @description What can be bought.
     * @enum {string}
     */
    ProductKind: "one_time" | "weekly" | "plan";
    ProductOut: {
        /**
         * Format: int64
         * @description The listed price of one, in minor units.
         */
        amount: number;
        /** @description Whether the organisation can buy it now. */
        available: boolean;
        /**
         * Format: int32
         * @description What the plan gives; null for one without limit, and for other products.
         */
        free_per_month?: number | null;
        per: Schemas["PricedUnit"];
        /** @description The plan's name. */
        plan?: string | null;
        product: Schemas["ProductKind"];
    };
    ProgressOut: {
        done: Schemas["AmountOut"];
        /**
         * Format: int64
         * @description Null before there is a rate.
         */
        seconds_left?: number | null;
        total?: Schemas["AmountOut"] | null;
    };
    /** @description The summary of an order that is not placed. */
    QuoteOut: {
        lines: Schemas["LineOut"][];
        /**
         * Format: int64
         * @description What would be paid again each month, tax in it.
         */
        renews_amount: number;
        /**
         * Format: int64
         * @description Without tax.
         */
        subtotal: number;
        tax: Schemas["TaxOut"];
        /**
         * Format: int64
         * @description What would be paid, tax in it.
         */
        total: number;
    };
    Received: {
        received: boolean;
    };
    Record: {
        action?: Schemas["HistoryAction"] | null;
        /**
         * @description The network address of a download with a link that was not asked for here; nobody knows whose it is, and `done_by` is whoever the
         *     backup was made for.
         * @example 203.0.113.7
         */
        address?: string | null;
        /**
         * Format: int64
         * @description What was paid, or paid back, in minor units of the currency.
         */
        amount?: number | null;
        /** @description The backup that it is about. */
        backup?: string | null;
        /**
         * Format: int32
         * @description Backups bought.
         */
        count?: number | null;
        /** @example JPY */
        currency?: string | null;
        done_by: Schemas["PersonOut"];
        file_name?: string | null;
        id: string;
        kind: Schemas["EventName"];
        log_time: Schemas["LocalTime"];
        /** @description The order that it is about. */
        order?: string | null;
        /** @description The plan that it is about. */
        plan?: string | null;
        product?: Schemas["MonthlyProductKind"] | null;
        repeat_type: Schemas["RepeatKind"];
        sentence?: Schemas["RuleInWords"] | null;
        state?: Schemas["HistoryState"] | null;
    };
    /**
     * @description How often a schedule runs; `immediate` is a backup on demand.
     * @enum {string}
     */
    RepeatKind: "immediate" | "weekly" | "biweekly" | "monthly";
    /** @description A rule in words. */
    RuleInWords: {
        /** @example every other Monday */
        en: string;
        /** @example 隔週の月曜日 */
        ja: string;
    };
    /**
     * @description How a run ended.
     * @enum {string}
     */
    RunOutcome: "ready" | "failed" | "skipped" | "missed";
    ScheduleOut: {
        /** @description All runs until the end of the month after next. */
        calendar: Schemas["LocalTime"][];
        /** @description For If-Match. */
        etag: string;
        id: string;
        next_runs: Schemas["LocalTime"][];
        requester: Schemas["PersonOut"];
        rrule: string;
        sentence: Schemas["Sentence"];
        /** @description Those of them that will be skipped as things stand, because nothing will be left to use. */
        skips: Schemas["LocalTime"][];
        start_date?: Schemas["LocalTime"] | null;
        status: Schemas["ScheduleStatus"];
        /** @description Hours and minutes in that zone. */
        time_of_day: string;
        type: Schemas["RepeatKind"];
    };
    /**
     * @description State of a schedule.
     * @enum {string}
     */
    ScheduleStatus: "SCHEDULED" | "STOPPED";
    /** @description The rule in words. */
    Sentence: {
        /** @example every other Monday */
        en: string;
        /** @example 隔週の月曜日 */
        ja: string;
    };
    SettingsEnvelope: {
        settings: Schemas["SettingsOut"];
    };
    SettingsOut: {
        csv: Schemas["CsvOut"];
        locale?: Schemas["Language"] | null;
        /**
         * Format: int64
         * @description Largest zip, in bytes; a backup that is larger is split into several. Null has no limit but the service's own.
         */
        max_part_bytes?: number | null;
        /** @description Addresses that are written to besides the administrator concerned. */
        recipients: string[];
        /**
         * @description When scheduled runs begin, hours and minutes in that zone.
         * @example 04:00
         */
        time_of_day: string;
        /**
         * @description IANA name.
         * @example Asia/Tokyo
         */
        time_zone: string;
    };
    SettingsRequest: {
        settings: Schemas["WantedSettings"];
    };
    SourceEnvelope: {
        source: Schemas["SourceOut"];
    };
    /** @description Where data comes from. */
    SourceKind: {
        /** @description What state of the CRM this is, in one sentence. */
        consistency: string;
        /** @example native */
        kind: string;
    };
    /** @description The CRM that is backed up. */
    SourceOut: {
        /**
         * Format: int64
         * @description Bytes of those attachments.
         */
        attachment_bytes: number;
        /**
         * Format: int64
         * @description Their attachments.
         */
        attachments: number;
        /** @description What state of the CRM a backup shows, in one sentence. */
        consistency: string;
        /**
         * @description Its kind.
         * @example native
         */
        kind: string;
        /** @description All modules, those that are left out included. */
        modules: Schemas["ModuleOut"][];
        /**
         * Format: int64
         * @description Records of the modules that are backed up.
         */
        rows: number;
    };
    /** @description The answer of calls about one subscription. */
    SubscriptionEnvelope: {
        subscription: Schemas["SubscriptionOut"];
    };
    /** @description A subscription. Its amount is in minor units of its currency. */
    SubscriptionOut: {
        /**
         * Format: int64
         * @description What is paid each month, tax in it.
         */
        amount: number;
        /** @example JPY */
        currency: string;
        ended_time?: Schemas["LocalTime"] | null;
        id: string;
        /** Format: int32 */
        minor_digits: number;
        /** @description The order that it was bought with. */
        order: string;
        /** @description The end of the period: it is renewed then, or ends. */
        period_end: Schemas["LocalTime"];
        plan?: string | null;
        product: Schemas["MonthlyProductKind"];
        started_time: Schemas["LocalTime"];
        status: Schemas["SubscriptionStatus"];
    };
    /**
     * @description State of a subscription.
     * @enum {string}
     */
    SubscriptionStatus: "ACTIVE" | "PAST_DUE" | "ENDING" | "ENDED";
    SubscriptionsEnvelope: {
        subscriptions: Schemas["SubscriptionOut"][];
    };
    /**
     * @description Always `SUCCESS`.
     * @enum {string}
     */
    SuccessCode: "SUCCESS";
    /**
     * @description Always `success`.
     * @enum {string}
     */
    SuccessStatus: "success";
    /** @description What a call that changes something answers. */
    Success_Added: {
        code: Schemas["SuccessCode"];
        details: {
            id: string;
            /**
             * @description The signing secret after the Standard Webhooks specification; it is shown this once.
             * @example whsec_...
             */
            secret: string;
        };
        /** @description The same in words. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description What a call that changes something answers. */
    Success_CalendarLink: {
        code: Schemas["SuccessCode"];
        details: {
            /** @description Path of the calendar on this API; it is shown this once. Whoever has it can read the times of runs, and nothing else. */
            path: string;
        };
        /** @description The same in words. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description What a call that changes something answers. */
    Success_Marked: {
        code: Schemas["SuccessCode"];
        details: {
            read_until: string;
        };
        /** @description The same in words. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description What a call that changes something answers. */
    Success_NoDetails: {
        code: Schemas["SuccessCode"];
        details: Record<string, never>;
        /** @description The same in words. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description What a call that changes something answers. */
    Success_WebhookRef: {
        code: Schemas["SuccessCode"];
        details: {
            id: string;
        };
        /** @description The same in words. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description The state of backups at a glance. */
    Summary: {
        allowance: Schemas["AllowanceOut"];
        backup?: Schemas["NewestBackup"] | null;
        last?: Schemas["NewestBackup"] | null;
        notifications: Schemas["NoticesOut"];
        /** @description The time now; what is left until something is counted from it. */
        now: Schemas["LocalTime"];
        /** @description The organisation's name. */
        organisation: string;
        /** @description How the runs since the beginning of last month ended, newest first. */
        past_runs: Schemas["PastRun"][];
        schedule?: Schemas["ScheduleOut"] | null;
        /** @description The zone of all times. */
        time_zone: string;
        /** @description Who asks. */
        user: Schemas["PersonOut"];
    };
    SummaryEnvelope: {
        summary: Schemas["Summary"];
    };
    /** @description A tax, and what of it is in an order. */
    TaxOut: {
        /**
         * Format: int64
         * @description Null in a price list.
         */
        amount?: number | null;
        /** @description Whether listed prices have it in them. */
        included: boolean;
        name: string;
        /**
         * @description Percent, as decimal text.
         * @example 10
         */
        percent: string;
    };
    Unread: {
        count: number;
        unread: number;
    };
    Until: {
        /** @description Id of the newest notification that was read. */
        read_until: string;
    };
    Urls: {
        attachment_links: string[];
        data_links: string[];
        /** @description When the links stop working. */
        expiry_date: Schemas["LocalTime"];
    };
    UrlsEnvelope: {
        urls: Schemas["Urls"];
    };
    /** @description What is left out stays as it is. */
    WantedCsv: {
        byte_order_mark?: boolean | null;
        escape_formulas?: boolean | null;
        protect_values?: boolean | null;
    };
    WantedItem: {
        /** @description The plan's name, for a plan. */
        plan?: string | null;
        product: Schemas["ProductKind"];
        /**
         * Format: int32
         * @description 1 to 100 for one-time backups. 1.
         */
        quantity?: number | null;
    };
    /** @description What is wanted. Prices are the price list's: a body that names one is refused. */
    WantedOrder: {
        items: Schemas["WantedItem"][];
        origin: Schemas["OrderOrigin"];
    };
    /** @description What is left out stays as it is. */
    WantedSettings: {
        csv?: Schemas["WantedCsv"] | null;
        locale?: Schemas["Language"] | null;
        /**
         * Format: int64
         * @description At least 16777216; null has no limit.
         */
        max_part_bytes?: number | null;
        /** @description At most 10. */
        recipients?: string[] | null;
        /**
         * @description Hours and minutes.
         * @example 04:00
         */
        time_of_day?: string | null;
        /** @description IANA name. */
        time_zone?: string | null;
    };
    WantedWebhook: {
        /**
         * @description Where messages are posted: https, of the public internet.
         * @example https://example.com/hooks/backup
         */
        url: string;
    };
    WebhookOut: {
        created_time: Schemas["LocalTime"];
        id: string;
        status: Schemas["WebhookStatus"];
        url: string;
    };
    WebhookRequest: {
        webhook: Schemas["WantedWebhook"];
    };
    /**
     * @description State of a webhook; it is disabled after three days without success.
     * @enum {string}
     */
    WebhookStatus: "active" | "disabled";
    WebhooksEnvelope: {
        webhooks: Schemas["WebhookOut"][];
    };
    WeeklyOut: {
        status: Schemas["SubscriptionStatus"];
        subscription: string;
        /** @description The end of its period. */
        until: Schemas["LocalTime"];
    };
}
