// Made from docs/openapi.json by `node tests/browser/types.js`: do not edit. Not served.

interface Schemas {
    AllowanceEnvelope: {
        allowance: Schemas["AllowanceOut"];
    };
    /** @description The allowance of an organisation. */
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
         * @description Sum of free and one-time backups left.
         */
        left?: number | null;
        /**
         * Format: int32
         * @description One-time backups left.
         */
        one_time_left: number;
        plan: string;
        /** @description Whether purchases are enabled. */
        purchases: boolean;
        /** @description When the free backups of the next month become available. */
        renews: Schemas["LocalTime"];
        /** @description Whether the plan is unlimited. All counts are null then. */
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
    AnswerRequest: {
        consent: Schemas["ConsentAnswer"];
    };
    /** @description An error. The scheduling calls nest it under `backup`. */
    AnyError: Schemas["ErrorOut"] | {
        backup: Schemas["ErrorOut"];
    };
    /**
     * @description Version of the API. All versions answer alike.
     * @enum {string}
     */
    ApiVersion: "v2.1" | "v3" | "v4" | "v5" | "v6" | "v7" | "v8";
    /**
     * @description Layout of a backup's zips: Hozon's, or that of Zoho CRM's own backups.
     * @enum {string}
     */
    ArchiveLayout: "hozon" | "zoho";
    AskedEnvelope: {
        consent: Schemas["AskedOut"];
    };
    /** @description A consent to ask for. */
    AskedOut: {
        /** @description When the answer comes too late. */
        expiry_time: Schemas["LocalTime"];
        /** @description Address of Zoho's page, for the caller's browser. */
        url: string;
    };
    AttachmentLink: {
        /** @description When the link expires, 15 minutes after it was made. */
        expiry_date: Schemas["LocalTime"];
        file_name: string;
        url: string;
    };
    AttachmentLinkEnvelope: {
        link: Schemas["AttachmentLink"];
    };
    /** @description An attachment of a record. */
    AttachmentOut: {
        /** @example application/pdf */
        content_type: string;
        created_time?: Schemas["LocalTime"] | null;
        /** @description Whether a link can be made. Compressed files of more than 512 MiB are only in the backup's zips. */
        downloadable: boolean;
        /** @example offer.pdf */
        file_name: string;
        id: string;
        /** @description SHA-256 in hexadecimal digits. */
        sha256: string;
        /** Format: int64 */
        size: number;
    };
    AttachmentsEnvelope: {
        attachments: Schemas["AttachmentOut"][];
    };
    /**
     * @description Which of Zoho's own backups is taken: the newest one whose links work, or a new one each time.
     * @enum {string}
     */
    BackupChoice: "newest" | "new";
    /** @description What is known of the last drill of a backup. */
    BackupDrillOut: {
        ended_time?: Schemas["LocalTime"] | null;
        failure?: Schemas["FailureOut"] | null;
        /** @example 554023000000408001 */
        id: string;
        requested_time: Schemas["LocalTime"];
        status: Schemas["DrillStatus"];
        totals?: Schemas["DrillTotalsOut"] | null;
    };
    /** @description Envelope of the scheduling calls. */
    BackupEnvelope_Details: {
        /** @description The active schedule, or else the schedule or backup that was set up or stopped last. */
        backup: {
            /** @description Id of the schedule, or of the on-demand backup. */
            id: string;
            /** @description Who set it up. */
            requester: Schemas["PersonOut"];
            /** @description The rule; null for an on-demand backup. */
            rrule?: string | null;
            scheduled_date?: Schemas["LocalTime"] | null;
            start_date?: Schemas["LocalTime"] | null;
            status: Schemas["CurrentStatus"];
        };
    };
    /** @description Envelope of the scheduling calls. */
    BackupEnvelope_Success_Changed: {
        /** @description Result of a call that changes something. */
        backup: {
            code: Schemas["SuccessCode"];
            /** @description Id of the changed resource, and an optional note. */
            details: {
                id: string;
                /** @description Additional information about the change. */
                note?: string | null;
            };
            /** @description Summary in one sentence. */
            message: string;
            status: Schemas["SuccessStatus"];
        };
    };
    /** @description A backup. */
    BackupOut: {
        changes?: Schemas["ChangesOut"] | null;
        created_time: Schemas["LocalTime"];
        /** @description Whether the files can be downloaded now. */
        downloadable: boolean;
        drill?: Schemas["BackupDrillOut"] | null;
        /** @description When the backup's files are deleted. */
        expiry_date: Schemas["LocalTime"];
        failure?: Schemas["FailureOut"] | null;
        files: Schemas["FileOut"][];
        finished_time?: Schemas["LocalTime"] | null;
        id: string;
        losses?: Schemas["LossesOut"] | null;
        remake?: Schemas["RemakeOut"] | null;
        requester: Schemas["PersonOut"];
        status: Schemas["BackupStatus"];
        type: Schemas["RepeatKind"];
    };
    /** @description The request body. */
    BackupRequest: {
        backup?: Schemas["Options"] | null;
    };
    /**
     * @description State of a backup.
     * @enum {string}
     */
    BackupStatus: "INPROGRESS" | "COMPLETED" | "FAILED" | "CANCELLED";
    BackupTaken: {
        /** @description The backup. */
        id: string;
        /** @description When the state began that it shows. */
        taken: Schemas["LocalTime"];
    };
    BackupsEnvelope: {
        backups: Schemas["BackupOut"][];
        info: Schemas["PageInfo"];
    };
    CancelRequest: {
        subscription: Schemas["Confirmation"];
    };
    CaptureOut: {
        /**
         * Format: int64
         * @description Number of records by the database's own estimate; zero if it has none.
         */
        expected_rows: number;
        /**
         * Format: int64
         * @description Modules that are stored.
         */
        modules: number;
        /**
         * Format: int64
         * @description Records that were read.
         */
        rows: number;
        /** Format: int64 */
        total_modules: number;
    };
    /**
     * @description Who captures a database: the service, or the program `hozon capture` that an operator runs beside it.
     * @enum {string}
     */
    CapturedBy: "service" | "program";
    /** @description Sums over all modules. */
    ChangeTotalsOut: {
        attachments: Schemas["CountedOut"];
        /** Format: int64 */
        gone_modules: number;
        /** Format: int64 */
        new_modules: number;
        /**
         * Format: int64
         * @description Number of modules whose changed records are not counted, because their columns differ.
         */
        partly_compared_modules: number;
        records: Schemas["CountedOut"];
    };
    /** @description What differs between a backup and the previous one. */
    ChangesOut: {
        /** @description The modules that differ most: at most 30, and 10 in history and notifications. The contents of the backup have all of them. */
        modules: Schemas["ModuleCountsOut"][];
        /**
         * Format: int64
         * @description Number of modules that differ and are not listed.
         */
        more_modules: number;
        /**
         * Format: int64
         * @description Number of unusual losses that are not listed.
         */
        more_unusual_losses: number;
        not_compared?: Schemas["NotComparedReason"] | null;
        /** @description The previous backup; null if they were not compared. */
        since?: string | null;
        totals: Schemas["ChangeTotalsOut"];
        /** @description Unusual losses, at most 20. */
        unusual_losses: Schemas["UnusualLossOut"][];
    };
    CheckEnvelope: {
        check: Schemas["CheckOut"];
    };
    /** @description Why the CRM cannot be read. */
    CheckErrorOut: {
        /** @example SOURCE_PASSWORD */
        code: string;
        /** @description The reason, and what to do. */
        message: string;
    };
    /** @description Result of a check. */
    CheckOut: {
        error?: Schemas["CheckErrorOut"] | null;
        kind: Schemas["ConnectionKind"];
        report?: Schemas["ReportOut"] | null;
        status: Schemas["CheckStatus"];
    };
    /**
     * @description Result of a check.
     * @enum {string}
     */
    CheckStatus: "reached" | "failed";
    CheckedModule: {
        api_name: string;
        /**
         * Format: int64
         * @description Size in the source; null if the source does not know it.
         */
        bytes?: number | null;
        /** @description API names of its fields. */
        fields: string[];
        label: string;
        left_out?: Schemas["LeftOutReason"] | null;
        /**
         * Format: int64
         * @description Estimated number of rows; null if the source does not know it.
         */
        rows?: number | null;
    };
    /**
     * @description Checksum algorithm of a zip.
     * @enum {string}
     */
    ChecksumAlgorithm: "CRC-32";
    /** @description Checksum of the whole zip. The CRC-32 is combined from those of the zip's parts; the manifest inside contains a SHA-256 for every file. */
    ChecksumOut: {
        algorithm: Schemas["ChecksumAlgorithm"];
        /**
         * @description Eight hexadecimal digits.
         * @example 0a1b2c3d
         */
        value: string;
    };
    /** @description An attachment that differs. */
    ComparedAttachment: {
        after?: Schemas["ComparedFile"] | null;
        before?: Schemas["ComparedFile"] | null;
        /** @description A changed attachment has other content, another name, or belongs to another record. */
        change: Schemas["DifferenceKind"];
        id: string;
    };
    ComparedAttachmentsEnvelope: {
        attachments: Schemas["ComparedAttachment"][];
        info: Schemas["NextPage"];
    };
    /** @description One of two compared backups. */
    ComparedBackup: {
        id: string;
        /** @description When the state began that the backup shows. */
        taken: Schemas["LocalTime"];
    };
    ComparedEnvelope: {
        after: Schemas["ComparedBackup"];
        before: Schemas["ComparedBackup"];
        info: Schemas["NextPage"];
        modules: Schemas["ComparedModule"][];
    };
    /** @description A field whose values differ. */
    ComparedField: {
        /** @description Null for no value. Null for a deleted record. */
        after?: string | null;
        /** @example Last_Name */
        api_name: string;
        /** @description Null for no value, which differs from the empty text. Null for an added record. */
        before?: string | null;
        /** @description Whether only the beginning of a long value is shown. */
        is_cut: boolean;
        label: string;
    };
    /** @description An attachment as one of two compared backups has it. */
    ComparedFile: {
        /** @example offer.pdf */
        file_name: string;
        /** @description Id of the record to which the file is attached. */
        record: string;
        /** @description SHA-256 in hexadecimal digits. */
        sha256: string;
        /** Format: int64 */
        size: number;
    };
    /** @description How a module differs between two backups. */
    ComparedModule: {
        /** @description API names of fields that only the later backup has. */
        added_fields: string[];
        /** @example Leads */
        api_name: string;
        attachments: Schemas["CountedOut"];
        /** @description Whether another field identifies the records, so that they cannot be compared one by one. */
        has_other_key: boolean;
        label: string;
        /** @description Whether changed records are not counted, because fields, the key or the stored form differ. */
        partly_compared: boolean;
        records: Schemas["CountedOut"];
        /** @description API names of fields that only the earlier backup has. */
        removed_fields: string[];
        state: Schemas["ModuleState"];
    };
    /** @description A record that differs. */
    ComparedRecord: {
        change: Schemas["DifferenceKind"];
        /** @description Fields that differ; of an added or deleted record those with a value. */
        fields: Schemas["ComparedField"][];
        /** @description Id of the record; null where nothing identifies the records of the module. */
        id?: string | null;
    };
    ComparedRecordsEnvelope: {
        info: Schemas["ComparedRecordsPage"];
        records: Schemas["ComparedRecord"][];
    };
    /** @description Whether there are more records. */
    ComparedRecordsPage: {
        /** @description False if other fields identify the records of the two backups, so that they cannot be compared one by one. */
        is_comparable: boolean;
        more_records: boolean;
        /** @description Token of the next page; null on the last one. */
        next_page_token?: string | null;
    };
    /** @description Confirms a plan. */
    ConfirmBody: {
        /**
         * Format: int64
         * @description The number of records that the plan deletes.
         */
        deletes: number;
    };
    Confirmation: {
        confirm: boolean;
    };
    ConnectionEnvelope: {
        connection?: Schemas["ConnectionOut"] | null;
        /** @description The profiles of CRMs that a connection may name. */
        profiles: Schemas["ProfileOut"][];
        zoho?: Schemas["ZohoOffer"] | null;
    };
    /**
     * @description Kind of a source: the store that a platform writes, a PostgreSQL database, one of MySQL or MariaDB, Zoho CRM by its API, or by the backups that it makes of itself.
     * @enum {string}
     */
    ConnectionKind: "native" | "postgres" | "mysql" | "zoho" | "zoho_backup";
    /** @description How the CRM is reached. Its credentials are never shown. */
    ConnectionOut: {
        database?: Schemas["DatabaseOut"] | null;
        kind: Schemas["ConnectionKind"];
        /** @description What backups leave out. */
        omitted: Schemas["OmissionOut"][];
        /** @description Name of the CRM's profile; null if tables are shown as they are. */
        profile?: string | null;
        /** @description Who set the connection. */
        set_by: Schemas["PersonOut"];
        set_time: Schemas["LocalTime"];
        zoho?: Schemas["ZohoOut"] | null;
    };
    ConnectionRequest: {
        connection: Schemas["WantedConnection"];
    };
    /** @description What Zoho adds to the address to which it sends the browser back. */
    ConsentAnswer: {
        /**
         * @description Server that has given the code.
         * @example https://accounts.zoho.eu
         */
        accounts_server?: string | null;
        /** @description Left out if the person has refused. */
        code?: string | null;
        /**
         * @description Why there is no code.
         * @example access_denied
         */
        error?: string | null;
        /**
         * @description Data centre of the person.
         * @example eu
         */
        location?: string | null;
        state: string;
    };
    ConsentedEnvelope: {
        connection: Schemas["ConnectionOut"];
        /** @description Whether the organisation is in another data centre or environment than the one that was asked for. */
        is_elsewhere: boolean;
    };
    /** @description What differs since the previous backup. */
    ContentsChanges: {
        /** @description All modules of both backups; those that are gone come last. */
        modules: Schemas["ModuleChangesOut"][];
        not_compared?: Schemas["NotComparedReason"] | null;
        /** @description The previous backup; null if they were not compared. */
        since?: string | null;
    };
    /** @description Options with which CSV was written. */
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
         * @description Number of columns.
         */
        fields: number;
        /** @description The module's CSV files. */
        files: Schemas["CsvFileOut"][];
        label: string;
        /** Format: int64 */
        rows: number;
    };
    /** @description The contents of a backup. */
    ContentsOut: {
        changes?: Schemas["ContentsChanges"] | null;
        csv: Schemas["ContentsCsv"];
        /** @description What the source has and the backup does not contain for other reasons. */
        gaps: Schemas["GapOut"][];
        left_out: Schemas["ExcludedOut"][];
        modules: Schemas["ContentsModule"][];
        /** @description When reading the data began. */
        read_from: Schemas["LocalTime"];
        source: Schemas["SourceKind"];
    };
    /** @description API credits that backups are expected to use. */
    CostOut: {
        /**
         * Format: int64
         * @description Credits that backups may use within 24 hours. A backup that needs more goes on the next day.
         */
        daily: number;
        /**
         * Format: int64
         * @description Credits of the first backup, which reads every attached file.
         */
        first: number;
        /**
         * Format: int64
         * @description Credits of a later backup, without those for new attached files.
         */
        repeated: number;
    };
    /** @description How many there were and are, and how many of them differ. */
    CountedOut: {
        /** Format: int64 */
        added: number;
        /** Format: int64 */
        after: number;
        /** Format: int64 */
        before: number;
        /** Format: int64 */
        changed: number;
        /** Format: int64 */
        deleted: number;
    };
    CsvFileOut: {
        /** Format: int64 */
        bytes: number;
        /** @description CRC-32 in hexadecimal digits, as in the zip; null for backups from before it was kept. */
        crc32?: string | null;
        path: string;
        /** Format: int64 */
        rows: number;
        /** @description SHA-256 in hexadecimal digits; null for a large file, whose parts have digests of their own in the manifest. */
        sha256?: string | null;
    };
    /** @description Options of CSV files. */
    CsvOut: {
        /** @description Whether files start with a byte order mark, so that Excel recognises UTF-8. */
        byte_order_mark: boolean;
        /** @description Whether cells that a spreadsheet would run as a formula are neutralized. */
        escape_formulas: boolean;
        /** @description Whether cells that a spreadsheet would change (ids, leading zeros, text that looks like a date) are protected. Effective only together with `escape_formulas`. */
        protect_values: boolean;
    };
    /**
     * @description State of the current schedule or backup.
     * @enum {string}
     */
    CurrentStatus: "SCHEDULED" | "INPROGRESS" | "COMPLETED" | "FAILED" | "CANCELLED" | "STOPPED";
    /**
     * @description Data centre of Zoho.
     * @enum {string}
     */
    DataCenter: "us" | "eu" | "in" | "jp" | "au" | "cn" | "sa" | "ca";
    /**
     * @description Kind of a restore target. `mysql` is MariaDB too.
     * @enum {string}
     */
    DatabaseKind: "postgres" | "mysql";
    DatabaseOut: {
        /** @description Certificates, in PEM, of the authorities that may sign the server's certificate; null for those of the system. */
        ca?: string | null;
        /** @description Who captures the database. */
        captured_by: Schemas["CapturedBy"];
        host: string;
        name: string;
        /** Format: int32 */
        port: number;
        /** @description Schemas to back up; empty for all but the system's. */
        schemas: string[];
        tls: Schemas["TlsMode"];
        user: string;
        /** @description Views to back up besides the tables. */
        views: string[];
    };
    /**
     * @description What happened to a record between two backups.
     * @enum {string}
     */
    DifferenceKind: "added" | "changed" | "deleted";
    Download: {
        /** @description When the link expires. */
        expiry_date: Schemas["LocalTime"];
        file_name: string;
        url: string;
    };
    DownloadEnvelope: {
        download: Schemas["Download"];
    };
    /** @description What to drill. */
    DrillBody: {
        /**
         * @description The backup that is restored and compared.
         * @example 554023000000408001
         */
        backup: string;
    };
    DrillEnvelope: {
        drill: Schemas["DrillOut"];
    };
    /** @description Ids of records that differ. */
    DrillExamplesOut: {
        /** @description Records that the backup does not have. */
        added: string[];
        /** @description Records with other values than in the backup. */
        changed: string[];
        /** @description Records that are missing in the restore target. */
        missing: string[];
    };
    /**
     * @description Why not all records of a module were restored: the data of the backup is damaged, or the restore target does not take a record.
     * @enum {string}
     */
    DrillFault: "damaged" | "refused";
    /** @description A drill. */
    DrillOut: {
        /** @description The backup that is restored and compared. */
        backup: string;
        /** @description When the state began that the backup shows. */
        backup_time: Schemas["LocalTime"];
        ended_time?: Schemas["LocalTime"] | null;
        failure?: Schemas["FailureOut"] | null;
        /** @description Foreign keys that the restore target did not take. */
        foreign_keys_refused: string[];
        /** @description Whether the source has no tables of its own: each record was restored as a document, into tables that the drill has made. */
        has_record_tables: boolean;
        /** @example 554023000000408001 */
        id: string;
        /** @description Whether it has followed its backup by itself. */
        is_automatic: boolean;
        /** @description Whether it was cancelled while it works: it ends in a moment. */
        is_cancelling: boolean;
        /** @description API names of modules that are no tables, such as views. */
        left_out: string[];
        /** @description Modules that were restored and compared, those that differ first; empty until then. */
        modules: Schemas["DrilledModuleOut"][];
        requested_by: Schemas["PersonOut"];
        requested_time: Schemas["LocalTime"];
        status: Schemas["DrillStatus"];
        totals?: Schemas["DrillTotalsOut"] | null;
    };
    /**
     * @description Which backups are drilled by themselves: none, each, or the first of a week.
     * @enum {string}
     */
    DrillPolicy: "off" | "each_backup" | "weekly";
    /**
     * @description State of a drill. `SAME` and `DIFFERS` say whether what was restored is the same as the backup.
     * @enum {string}
     */
    DrillStatus: "RUNNING" | "SAME" | "DIFFERS" | "FAILED" | "CANCELLED";
    /** @description Sums of what a drill has restored and compared. */
    DrillTotalsOut: {
        /**
         * Format: int64
         * @description Number of attached files in the backup.
         */
        files: number;
        /** Format: int64 */
        files_differing: number;
        /**
         * Format: int64
         * @description Number of files that the restore target has no place for: they were read from the backup and compared with their hashes.
         */
        files_read: number;
        /**
         * Format: int64
         * @description Number of foreign keys that the restore target did not take.
         */
        foreign_keys_refused: number;
        /**
         * Format: int64
         * @description Number of modules that are no tables, such as views.
         */
        left_out: number;
        /**
         * Format: int64
         * @description Number of modules that were restored.
         */
        modules: number;
        /**
         * Format: int64
         * @description Number of them that differ.
         */
        modules_differing: number;
        /**
         * Format: int64
         * @description Number of records in the backup.
         */
        records: number;
        /** Format: int64 */
        records_differing: number;
    };
    /** @description What a drill has found in a module. `before` counts what the backup has, and `after` what was restored. */
    DrilledModuleOut: {
        api_name: string;
        /** @description The rule, field or code that the restore target has named. */
        detail?: string | null;
        /** @description Ids of some records, at most 10 of each kind; none where nothing identifies the records. */
        examples: Schemas["DrillExamplesOut"];
        fault?: Schemas["DrillFault"] | null;
        files: Schemas["CountedOut"];
        /**
         * Format: int64
         * @description Number of files that the restore target has no place for: they were read from the backup and compared with their hashes.
         */
        files_read: number;
        /** @description Whether all that was restored is the same as in the backup. */
        is_same: boolean;
        label: string;
        partly_compared?: Schemas["PartlyReason"] | null;
        reason?: Schemas["Refusal"] | null;
        records: Schemas["CountedOut"];
    };
    EntryOut: {
        /** @description The backup that caused the change. */
        backup?: string | null;
        cause: Schemas["LedgerCause"];
        /**
         * Format: int64
         * @description Difference in the number of backups.
         */
        change: number;
        /** @description The event that was stored in the same transaction. */
        event: string;
        /**
         * Format: int32
         * @description Number of backups left in the pool.
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
    /** @description The records of one module. */
    ErasedModuleOut: {
        api_name: string;
        label: string;
        /** Format: int64 */
        records: number;
    };
    ErasureConfirmation: {
        /**
         * Format: int64
         * @description Number of records, as the erasure says it.
         */
        records: number;
    };
    ErasureEnvelope: {
        erasure: Schemas["ErasureOut"];
    };
    /** @description A record that is to be erased. */
    ErasureExample: {
        id: string;
        /** @description API name of the module. */
        module: string;
    };
    /** @description Why an erasure failed. */
    ErasureFailure: {
        /** @description Stable code, for example `TOO_MANY_RECORDS`. */
        code: string;
        /** @description What went wrong, and what to do. */
        message: string;
    };
    /** @description An erasure of records from everything that is kept of backups. */
    ErasureOut: {
        completed_time?: Schemas["LocalTime"] | null;
        /** @description Some of the records, until the erasure has ended. */
        examples?: Schemas["ErasureExample"][];
        failure?: Schemas["ErasureFailure"] | null;
        id: string;
        modules: Schemas["ErasedModuleOut"][];
        pending_for?: Schemas["PendingFor"] | null;
        pending_until?: Schemas["LocalTime"] | null;
        /**
         * Format: int64
         * @description Number of records; null until it is known. A confirmation has to name it.
         */
        records?: number | null;
        remakes?: Schemas["Remakes"] | null;
        requested_by: Schemas["PersonOut"];
        requested_time: Schemas["LocalTime"];
        /**
         * Format: int64
         * @description Number of backups of which the captured data has one of the records.
         */
        snapshots: number;
        /**
         * Format: int64
         * @description Number of the signed statement about it.
         */
        statement?: number | null;
        status: Schemas["ErasureStatus"];
        /** @description What happens to zips that may have one of the records. */
        zips: Schemas["ZipChoice"];
        /**
         * Format: int64
         * @description Number of those zips.
         */
        zips_concerned: number;
    };
    /** @description Which records are to be erased: those that are named, or those that a search finds. */
    ErasureRequest: {
        /** @description One to 1,000 records. */
        records?: Schemas["WantedRecord"][] | null;
        search?: Schemas["WantedWords"] | null;
        zips?: Schemas["ZipChoice"] | null;
    };
    ErasureStatementEnvelope: {
        statement: Schemas["StatementWithRecords"];
    };
    /**
     * @description State of an erasure.
     * @enum {string}
     */
    ErasureStatus: "PREPARING" | "PLANNED" | "RUNNING" | "PENDING" | "COMPLETED" | "FAILED" | "CANCELLED";
    ErasuresEnvelope: {
        erasures: Schemas["ErasureOut"][];
        info: Schemas["ErasuresPage"];
    };
    /** @description The position of a page within the list of erasures. */
    ErasuresPage: {
        count: number;
        more_records: boolean;
        /** @description Token of the next page; null at the end. */
        next_page_token?: string | null;
        per_page: number;
    };
    /** @description An error: a stable code, a message that says what to do, and details that depend on the code. */
    ErrorOut: {
        /** @description Stable code, for example `INVALID_DATA`. */
        code: string;
        /** @description The value at fault, for example `{"api_name":"rrule","json_path":"$.backup.rrule"}`. */
        details: unknown;
        /** @description What went wrong, and what to do. */
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
    EventName: "settings_saved" | "source_set" | "source_removed" | "restore_target_set" | "restore_target_removed" | "hold_set" | "hold_lifted" | "erasure_requested" | "erasure_confirmed" | "erasure_pending" | "erasure_completed" | "erasure_failed" | "erasure_cancelled" | "zips_remade" | "zips_not_remade" | "schedule_set" | "schedule_changed" | "schedule_stopped" | "backup_started" | "backup_ready" | "unusual_loss" | "backup_failed" | "backup_cancelled" | "backup_skipped" | "backup_overlapped" | "backup_missed" | "download_started" | "links_ending" | "records_listed" | "record_viewed" | "records_searched" | "attachment_downloaded" | "restore_planned" | "restore_confirmed" | "restore_completed" | "restore_failed" | "restore_cancelled" | "drill_started" | "drill_same" | "drill_differs" | "drill_failed" | "drill_cancelled" | "order_placed" | "order_confirmed" | "purchased" | "order_failed" | "order_expired" | "order_cancelled" | "refunded" | "disputed" | "dispute_won" | "subscription_renewed" | "payment_failed" | "subscription_cancelled" | "subscription_resumed" | "subscription_ended" | "plan_changed";
    ExamplesOut: {
        added: string[];
        changed: string[];
        deleted: string[];
    };
    /** @description A module or field that was left out, with the reason. */
    ExcludedOut: {
        /** @description Null for a whole module. */
        field?: string | null;
        module: string;
        reason: Schemas["LeftOutReason"];
    };
    /** @description A field that the backup contains. */
    ExploredField: {
        /** @example Last_Name */
        api_name: string;
        /**
         * @description The CRM's own name of the type.
         * @example text
         */
        data_type: string;
        label: string;
    };
    /** @description A module that can be looked into. */
    ExploredModule: {
        /** @example Leads */
        api_name: string;
        /** Format: int64 */
        attachment_bytes: number;
        /** Format: int64 */
        attachments: number;
        fields: Schemas["ExploredField"][];
        /** @description API names of the fields that identify a record; empty if nothing does. */
        key: string[];
        label: string;
        /** Format: int64 */
        rows: number;
    };
    /** @description What was looked at. */
    ExploredOut: {
        /** @description API name of the module; null for a search in all modules. */
        module?: string | null;
        /** @description Id of the record. */
        record?: string | null;
        /** @description Words that were searched for. */
        words?: string | null;
    };
    /** @description A record with all its fields. */
    ExploredRecord: {
        fields: Schemas["FieldValue"][];
        id: string;
        module: Schemas["ModuleName"];
        /** @description Whether the module has attachments at all. */
        module_has_attachments: boolean;
        /** @description What the record is called, if one of its fields says it. */
        name?: string | null;
        /** @description Number of records of the module with this id; this is the first. */
        same_id: number;
        /** @description When the state began that the backup shows. */
        taken: Schemas["LocalTime"];
    };
    /** @description The reason why a backup failed. */
    FailureOut: {
        /** @description Stable code, for example `ATTACHMENT_MISSING`. */
        code: string;
        /** @description What went wrong, and what to do. */
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
    FieldChange: {
        api_name: string;
        label: string;
        new?: string | null;
        /** @description Null is NULL, or a field that did not exist. */
        old?: string | null;
    };
    /** @description A field of a record. */
    FieldValue: {
        api_name: string;
        /** @example text */
        data_type: string;
        /** @description Whether the value is longer than what is shown. */
        is_cut: boolean;
        label: string;
        lookup?: Schemas["LookupOut"] | null;
        /** @description Null is NULL. */
        value?: string | null;
    };
    /**
     * @description Content of a zip.
     * @enum {string}
     */
    FileKind: "data" | "attachments";
    /** @description A zip of a backup. */
    FileOut: {
        /**
         * Format: int64
         * @description Number of attachments; null for data, and for zips of older versions.
         */
        attachments?: number | null;
        checksum?: Schemas["ChecksumOut"] | null;
        /**
         * Format: int64
         * @description Number of zip entries.
         */
        entries: number;
        kind: Schemas["FileKind"];
        /**
         * @description Name in links, and in the call that starts a download.
         * @example Data_001.zip
         */
        name: string;
        /**
         * Format: int64
         * @description Number of CSV rows; null for attachments, and for zips of older versions.
         */
        rows?: number | null;
        /**
         * Format: int64
         * @description Size in bytes.
         */
        size: number;
    };
    /** @description Numbers of attached files. Those that only the CRM has are in none of them: they stay, or go with their rows. */
    FilePlanCountsOut: {
        /**
         * Format: int64
         * @description Size in bytes of the files that are written.
         */
        bytes: number;
        /** Format: int64 */
        change: number;
        /** Format: int64 */
        create: number;
        /** Format: int64 */
        impossible: number;
        /** Format: int64 */
        leave: number;
    };
    FoundField: {
        api_name: string;
        label: string;
        /** @description One of more than 300 characters is cut and ends with `…`. */
        value: string;
    };
    /** @description Something of the source that a backup does not contain. */
    GapOut: {
        /** @description API name of the field; null for all of the module. */
        field?: string | null;
        files?: Schemas["MissingFilesOut"] | null;
        /** @description API name of the module, or the name of a table. */
        module: string;
        reason: Schemas["GapReason"];
    };
    /**
     * @description Why a backup does not contain something of the source. What is `inconsistent` is contained, but not in the same state as the rest. The bytes of a field are contained `as_files`, as attachments. `missing_files` are attachments that are gone or cannot be read. `links` are attachments that are links, which are contained instead of the files behind them. What is `not_in_api` the source's API does not give. Of a module with `count_differs` the source counts other records than it gives.
     * @enum {string}
     */
    GapReason: "no_permission" | "row_security" | "foreign" | "omitted" | "missing" | "damaged" | "inconsistent" | "as_files" | "missing_files" | "links" | "not_in_api" | "count_differs";
    /**
     * @description What hinders writing a module: the user may not, the CRM does not have it or the field any more, it is a view, nothing identifies its records, or the CRM requires a field that the backup does not have.
     * @enum {string}
     */
    HindranceKind: "no_permission" | "gone" | "not_a_table" | "no_key" | "required_field";
    /** @description What hinders writing a module. */
    HindranceOut: {
        field?: string | null;
        kind: Schemas["HindranceKind"];
        /** @description API name of the module. */
        module: string;
    };
    /**
     * @description Action of an event, as Zoho's history names it.
     * @enum {string}
     */
    HistoryAction: "scheduled" | "stopped" | "purchased";
    HistoryEnvelope: {
        history: Schemas["Record"][];
        info: Schemas["PageInfo"];
    };
    /**
     * @description Outcome of an event, as Zoho's history names it.
     * @enum {string}
     */
    HistoryState: "completed" | "failure";
    /** @description A legal hold on a backup. */
    HoldOut: {
        /** @example 554023000000408001 */
        backup_id: string;
        held_by: Schemas["PersonOut"];
        held_time: Schemas["LocalTime"];
    };
    KeptBackupOut: {
        /**
         * Format: int64
         * @description Bytes that only this backup needs: what would be free without it.
         */
        alone_bytes: number;
        /** @example 554023000000408001 */
        backup_id: string;
    };
    /** @description What the kept snapshots take. Data that several of them share is counted once. */
    KeptOut: {
        /** @description The backups whose snapshots are kept, oldest first. */
        backups: Schemas["KeptBackupOut"][];
        /** Format: int64 */
        bytes: number;
        /** @description When it was computed: after the last backup, or later. */
        time: Schemas["LocalTime"];
    };
    /**
     * @description Language of mails.
     * @enum {string}
     */
    Language: "ja" | "en";
    /**
     * @description Reason of a ledger entry.
     * @enum {string}
     */
    LedgerCause: "granted" | "bought" | "used" | "given_back" | "refunded" | "disputed" | "dispute_won";
    LedgerEnvelope: {
        info: Schemas["PageInfo"];
        ledger: Schemas["EntryOut"][];
    };
    /**
     * @description Group of backups from which a run claims one.
     * @enum {string}
     */
    LedgerPool: "free" | "one_time" | "weekly";
    /**
     * @description Why a backup leaves data out.
     * @enum {string}
     */
    LeftOutReason: "mail" | "document" | "integration";
    LineOut: {
        /**
         * Format: int64
         * @description Listed price of the line.
         */
        amount: number;
        per: Schemas["PricedUnit"];
        plan?: string | null;
        product: Schemas["ProductKind"];
        /** Format: int32 */
        quantity: number;
        /**
         * Format: int64
         * @description Listed price of one unit.
         */
        unit_amount: number;
    };
    Link: {
        /** @description When the link expires. */
        expiry_date: Schemas["LocalTime"];
        /** @example Data_001.zip */
        file_name: string;
        url: string;
    };
    ListedRecord: {
        /** @description Identifies the record in its module. */
        id: string;
        /** @description What the record is called, if one of its fields says it. */
        name?: string | null;
        /** @description A value for each field; null is NULL. One of more than 300 characters is cut and ends with `…`. */
        values: (string | null)[];
    };
    /**
     * Format: date-time
     * @description A time in RFC 3339 format with the offset of the organisation's time zone, to the second.
     * @example 2026-11-26T04:00:00+09:00
     */
    LocalTime: string;
    /** @description A record to which a field refers. */
    LookupOut: {
        /** @description Whether the backup has the record. */
        exists: boolean;
        id: string;
        module: Schemas["ModuleName"];
        /** @description What the record is called. */
        name?: string | null;
    };
    /** @description When a backup warns of an unusual loss. */
    LossRuleOut: {
        /** @description Whether attachments are looked at. */
        attachments: boolean;
        /** @description Whether a module that is gone is an unusual loss. */
        modules: boolean;
        /**
         * Format: int32
         * @description Percentage of a module's records, or of its attachments, above which their loss is unusual.
         */
        percent: number;
    };
    /** @description What a backup lacks of its source. */
    LossesOut: {
        /**
         * Format: int64
         * @description Number of modules and fields that could not be read.
         */
        count: number;
        /** @description The first of them. */
        examples: Schemas["GapOut"][];
    };
    MarkRead: {
        notifications: Schemas["Until"];
    };
    /** @description Attached files that could not be read. */
    MissingFilesOut: {
        /** Format: int64 */
        count: number;
        /** @description Names of the first of them. */
        examples: string[];
    };
    ModuleChangesOut: {
        api_name: string;
        attachments: Schemas["CountedOut"];
        /** @description Ids of some records, at most 10 of each kind; none where nothing identifies the records. The values of an id of several fields are joined by U+001F. */
        examples: Schemas["ExamplesOut"];
        label: string;
        partly_compared?: Schemas["PartlyComparedOut"] | null;
        records: Schemas["CountedOut"];
        state: Schemas["ModuleState"];
    };
    ModuleCountsOut: {
        api_name: string;
        attachments: Schemas["CountedOut"];
        label: string;
        /** @description Whether changed records are not counted, because the columns differ. */
        partly_compared: boolean;
        records: Schemas["CountedOut"];
        state: Schemas["ModuleState"];
    };
    /** @description Name and label of a module. */
    ModuleName: {
        /** @example Leads */
        api_name: string;
        label: string;
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
    /** @description What a restore does in one module. */
    ModulePlanOut: Schemas["PlanCountsOut"] & {
        /** @example Leads */
        api_name: string;
        /** @description Attached files of the module's records. */
        files: Schemas["FilePlanCountsOut"];
        label: string;
    };
    /**
     * @description What happened to a module since the previous backup.
     * @enum {string}
     */
    ModuleState: "same" | "changed" | "new" | "gone";
    ModulesEnvelope: {
        modules: Schemas["ExploredModule"][];
        /** @description When the state began that the backup shows. */
        taken: Schemas["LocalTime"];
    };
    MonthRuns: {
        /** @example 2026-12 */
        month: string;
        /** Format: int32 */
        runs: number;
        /**
         * Format: int32
         * @description How many of them would be skipped because no backup would be left.
         */
        skipped: number;
    };
    /**
     * @description Kind of a product that is charged monthly.
     * @enum {string}
     */
    MonthlyProductKind: "weekly" | "plan";
    /** @description A backup with its progress. */
    NewestBackup: Schemas["BackupOut"] & {
        progress: Schemas["ProgressOut"];
    };
    /** @description Whether there is more. */
    NextPage: {
        more_records: boolean;
        /** @description Token of the next page; null on the last one. */
        next_page_token?: string | null;
    };
    /**
     * @description Why a backup was not compared: it is the first, the snapshot of the previous one is gone or cannot be read, or it took too long.
     * @enum {string}
     */
    NotComparedReason: "first" | "snapshot_gone" | "unreadable" | "too_long";
    /** @description Summary of the caller's notifications. */
    NoticesOut: {
        /** @description Id of the newest notification. */
        newest?: string | null;
        unread: number;
    };
    Notification: {
        backup?: Schemas["NotifiedBackup"] | null;
        changes?: Schemas["ChangesOut"] | null;
        failure?: Schemas["FailureOut"] | null;
        id: string;
        kind: Schemas["NotificationKind"];
        /** @description Links to the files of a finished backup, while they can be downloaded. */
        links: Schemas["Link"][];
        losses?: Schemas["LossesOut"] | null;
        read: boolean;
        time: Schemas["LocalTime"];
    };
    /**
     * @description Kind of a notification.
     * @enum {string}
     */
    NotificationKind: "scheduled" | "changed" | "stopped" | "archiving" | "ready" | "unusual_loss" | "links_ending" | "failed" | "cancelled" | "skipped" | "overlapped" | "missed" | "purchased" | "order_failed" | "refunded" | "payment_failed" | "subscription_ended" | "drill_same" | "drill_differs" | "drill_failed";
    NotificationsEnvelope: {
        info: Schemas["Unread"];
        notifications: Schemas["Notification"][];
    };
    NotifiedBackup: {
        id: string;
    };
    OmissionOut: {
        /** @description API name of one of its fields; null for the whole module. */
        field?: string | null;
        /** @description API name of a module. */
        module: string;
    };
    Options: {
        layout?: Schemas["ArchiveLayout"] | null;
        /**
         * @description The recurrence rule. `FREQ` is WEEKLY or MONTHLY, `INTERVAL` is 1 to 52. `BYDAY` is a weekday (monthly: 1MO to 4SU, or -1FR for the last one); `BYMONTHDAY` is 1 to 31, where shorter months use their last day.
         * @example RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU
         */
        rrule?: string | null;
    };
    OrderEnvelope: {
        order: Schemas["OrderOut"];
    };
    /**
     * @description Page on which an order was started.
     * @enum {string}
     */
    OrderOrigin: "backup_page" | "subscription_page" | "upgrade";
    /** @description An order. Amounts are in minor units of its currency. */
    OrderOut: {
        /** @description Address of the payment page, while the order awaits payment. */
        checkout_url?: string | null;
        created_by: Schemas["PersonOut"];
        created_time: Schemas["LocalTime"];
        /** @example JPY */
        currency: string;
        /** @description Whether the buyer's bank disputes the payment. */
        disputed: boolean;
        /** @description When the order can no longer be paid. */
        expires_time: Schemas["LocalTime"];
        id: string;
        lines: Schemas["LineOut"][];
        /**
         * Format: int32
         * @description Number of decimals of the currency.
         */
        minor_digits: number;
        /** @description Number that people quote. */
        number: string;
        origin: Schemas["OrderOrigin"];
        paid_time?: Schemas["LocalTime"] | null;
        receipt_url?: string | null;
        /**
         * Format: int64
         * @description Amount refunded so far.
         */
        refunded_amount: number;
        /**
         * Format: int64
         * @description Amount to pay every month, including tax.
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
         * @description Amount to pay, including tax.
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
    /** @description The position of a page within its list. */
    PageInfo: {
        /** @description Number of records on this page. */
        count: number;
        /** @description Whether more pages follow. */
        more_records: boolean;
        /** @description Page number, from 1. */
        page: number;
        /** @description Maximum number of records per page. */
        per_page: number;
    };
    PartlyComparedOut: {
        /** @description API names of columns that only this backup has. */
        added: string[];
        reason: Schemas["PartlyReason"];
        /** @description API names of columns that only the previous backup has. */
        removed: string[];
    };
    /**
     * @description Why the records of a module were compared in part only: their columns, what identifies them or their stored form differ.
     * @enum {string}
     */
    PartlyReason: "columns" | "key" | "format";
    /** @description A finished run. */
    PastRun: {
        outcome: Schemas["RunOutcome"];
        /** @description When the run ended, or when a skipped or missed run was due. */
        time: Schemas["LocalTime"];
    };
    /**
     * @description What forbids an erasure for now: a legal hold on a backup, or Object Lock on a zip.
     * @enum {string}
     */
    PendingFor: "hold" | "object_lock";
    /** @description A person. */
    PersonOut: {
        /** @description User id in the CRM. */
        id: string;
        name: string;
        /** @description User id at the identity provider. */
        zuid: string;
    };
    /** @description Numbers of records. */
    PlanCountsOut: {
        /** Format: int64 */
        change: number;
        /** Format: int64 */
        create: number;
        /** Format: int64 */
        delete: number;
        /** Format: int64 */
        impossible: number;
        /** Format: int64 */
        leave: number;
    };
    /**
     * @description What a restore does with a record.
     * @enum {string}
     */
    PlannedAction: "create" | "change" | "delete" | "leave" | "impossible";
    /** @description A field that differs. */
    PlannedField: {
        /** @description The value that is restored; null for no value. */
        after?: string | null;
        /** @example Last_Name */
        api_name: string;
        /** @description The value in the CRM when the plan was made; null for no value. */
        before?: string | null;
        /** @description Whether only the beginning of a long value is shown. */
        is_cut: boolean;
        label: string;
    };
    /**
     * @description Why a record is left, because the policy keeps `newer` and `changed` ones, or why it cannot be written. The CRM does not have the module any more; the module is a view; nothing identifies its records, or other fields do now; the CRM requires a field that the backup does not have; the record was erased from the backups.
     * @enum {string}
     */
    PlannedReason: "newer" | "changed" | "module_gone" | "not_a_table" | "no_key" | "other_key" | "required_field" | "erased";
    /** @description What a restore does with a record. */
    PlannedRecordOut: {
        action: Schemas["PlannedAction"];
        /** @description Fields that differ. */
        fields: Schemas["PlannedField"][];
        /** @description Id of the record; null where nothing identifies the records of the module. */
        id?: string | null;
        reason?: Schemas["PlannedReason"] | null;
    };
    PlannedRecordsEnvelope: {
        info: Schemas["NextPage"];
        records: Schemas["PlannedRecordOut"][];
    };
    /** @description A preview of a rule. */
    Preview: {
        /** @description What must be bought so that the next run is covered, in the form of the details of `LIMIT_REACHED`; null if nothing must be bought. */
        limit?: unknown;
        /** @description Number of runs in each month of the coming year that has runs. */
        months: Schemas["MonthRuns"][];
        /** @description The first five runs if the rule were set now. */
        next_runs: Schemas["LocalTime"][];
        rrule: string;
        sentence: Schemas["Sentence"];
        /** @description Those of `next_runs` that would be skipped because no backup would be left. */
        skips: Schemas["LocalTime"][];
        /** @description Hours and minutes in the organisation's time zone. */
        time_of_day: string;
        time_zone: string;
        type: Schemas["RepeatKind"];
    };
    PreviewEnvelope: {
        preview: Schemas["Preview"];
    };
    /**
     * @description Unit to which a price applies.
     * @enum {string}
     */
    PricedUnit: "backup" | "month";
    PricesEnvelope: {
        prices: Schemas["PricesOut"];
    };
    PricesOut: {
        /** @description Country whose price list applies, as an ISO 3166-1 alpha-2 code. */
        country: string;
        /** @example JPY */
        currency: string;
        /**
         * Format: int32
         * @description Number of decimals of the currency; amounts are in its minor unit.
         */
        minor_digits: number;
        products: Schemas["ProductOut"][];
        quote?: Schemas["QuoteOut"] | null;
        tax: Schemas["TaxOut"];
    };
    /**
     * @description Kind of a product.
     * @enum {string}
     */
    ProductKind: "one_time" | "weekly" | "plan";
    ProductOut: {
        /**
         * Format: int64
         * @description Listed price of one unit, in minor units.
         */
        amount: number;
        /** @description Whether the organisation can buy the product now. */
        available: boolean;
        /**
         * Format: int32
         * @description Free backups per month of the plan; null for an unlimited plan and for other products.
         */
        free_per_month?: number | null;
        per: Schemas["PricedUnit"];
        /** @description Name of the plan. */
        plan?: string | null;
        product: Schemas["ProductKind"];
    };
    /** @description A CRM whose tables this service knows. */
    ProfileOut: {
        /**
         * @description Name in requests.
         * @example creme
         */
        name: string;
        /**
         * @description The product's name.
         * @example Creme CRM
         */
        title: string;
    };
    ProgressOut: {
        capture?: Schemas["CaptureOut"] | null;
        done: Schemas["AmountOut"];
        /**
         * Format: int64
         * @description Null until an estimate is possible.
         */
        seconds_left?: number | null;
        total?: Schemas["AmountOut"] | null;
        /** @description Whether the program beside the database captures it, and has been waited for. */
        waits_for_program: boolean;
    };
    /** @description Summary of an order that is not placed. */
    QuoteOut: {
        lines: Schemas["LineOut"][];
        /**
         * Format: int64
         * @description Amount to pay every month, including tax.
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
         * @description Amount to pay, including tax.
         */
        total: number;
    };
    Received: {
        received: boolean;
    };
    Record: {
        action?: Schemas["HistoryAction"] | null;
        /**
         * @description IP address of the client, if a link was used without a recorded click. The person is unknown then, and `done_by` is the backup's requester.
         * @example 203.0.113.7
         */
        address?: string | null;
        /**
         * Format: int64
         * @description Amount paid or refunded, in minor units of the currency.
         */
        amount?: number | null;
        /** @description The backup that the event is about; of a skipped run, the backup that was in progress. */
        backup?: string | null;
        changes?: Schemas["ChangesOut"] | null;
        /**
         * Format: int32
         * @description Number of backups bought.
         */
        count?: number | null;
        /** @example JPY */
        currency?: string | null;
        done_by: Schemas["PersonOut"];
        /** @description The drill that the event is about. */
        drill?: string | null;
        /** @description The erasure that the event is about, or after which zips were made anew. */
        erasure?: string | null;
        explored?: Schemas["ExploredOut"] | null;
        file_name?: string | null;
        id: string;
        kind: Schemas["EventName"];
        log_time: Schemas["LocalTime"];
        losses?: Schemas["LossesOut"] | null;
        /** @description The order that the event is about. */
        order?: string | null;
        /** @description The plan that the event is about. */
        plan?: string | null;
        product?: Schemas["MonthlyProductKind"] | null;
        /**
         * Format: int64
         * @description Number of records that a restore is to write, or has written, or that a drill has compared.
         */
        records?: number | null;
        repeat_type: Schemas["RepeatKind"];
        /** @description The restore that the event is about. */
        restore?: string | null;
        sentence?: Schemas["RuleInWords"] | null;
        state?: Schemas["HistoryState"] | null;
        target?: Schemas["RestoreTarget"] | null;
    };
    RecordEnvelope: {
        record: Schemas["ExploredRecord"];
    };
    RecordHistoryEnvelope: {
        /** @description Number of backups whose data is kept and was looked into. */
        backups: number;
        /** @description What has happened to the record, newest first. */
        history: Schemas["RecordStepOut"][];
        /** @description Whether all kept backups were looked into. If not, the oldest part is missing. */
        is_complete: boolean;
    };
    /** @description A record. */
    RecordIo: {
        id: string;
        /**
         * @description API name of its module.
         * @example Leads
         */
        module: string;
    };
    /**
     * @description What has happened to a record from one backup to the next. One in the oldest backup that is kept is `present`: when it appeared is not known.
     * @enum {string}
     */
    RecordStep: "present" | "appeared" | "changed" | "vanished";
    /** @description A run of backups that show the record in the same state. */
    RecordStepOut: {
        /** @description Number of backups that show the record so. */
        backups: number;
        /** @description The fields that differ from the backup before. */
        changes: Schemas["FieldChange"][];
        kind: Schemas["RecordStep"];
        /** @description The first backup that shows the record so. */
        since: Schemas["BackupTaken"];
        /** @description The last one. */
        until: Schemas["BackupTaken"];
    };
    RecordsEnvelope: {
        /** @description The fields that are shown, in the order of the values. */
        fields: Schemas["ExploredField"][];
        info: Schemas["RecordsPage"];
        records: Schemas["ListedRecord"][];
    };
    /** @description The position of a page among the records. */
    RecordsPage: {
        count: number;
        more_records: boolean;
        /** @description Token of the next page; null on the last one. */
        next_page_token?: string | null;
        per_page: number;
        /**
         * Format: int64
         * @description Number of records of the module.
         */
        rows: number;
    };
    /**
     * @description Why the CRM has refused a record.
     * @enum {string}
     */
    Refusal: "reference" | "duplicate" | "missing_value" | "rule" | "value" | "no_permission" | "unsupported" | "other";
    /** @description What is known of files that are made anew after an erasure. */
    RemakeOut: {
        ended_time?: Schemas["LocalTime"] | null;
        /** @description The erasure that has deleted the first files. */
        erasure: string;
        failure?: Schemas["FailureOut"] | null;
        /** @description When the first files were deleted. */
        since_time: Schemas["LocalTime"];
        status: Schemas["RemakeStatus"];
    };
    /**
     * @description State of zips that are made anew.
     * @enum {string}
     */
    RemakeStatus: "RUNNING" | "COMPLETED" | "FAILED";
    /** @description Backups whose zips are made anew. Not among them are those whose links have ended, and those whose zips a later erasure has deleted again. */
    Remakes: {
        /**
         * Format: int64
         * @description Number of backups with new zips.
         */
        completed: number;
        /**
         * Format: int64
         * @description Number of backups whose zips could not be made.
         */
        failed: number;
        /**
         * Format: int64
         * @description Number of backups whose zips are being made.
         */
        running: number;
    };
    /**
     * @description How often a schedule runs; `immediate` is an on-demand backup.
     * @enum {string}
     */
    RepeatKind: "immediate" | "weekly" | "biweekly" | "monthly";
    ReportEnvelope: {
        info: Schemas["NextPage"];
        records: Schemas["ReportedRecord"][];
    };
    /** @description What the CRM says of itself. */
    ReportOut: {
        /** @description What to know before the first backup. */
        advice: Schemas["SourceAdvice"][];
        cost?: Schemas["CostOut"] | null;
        /** @description What a backup does not contain. */
        gaps: Schemas["GapOut"][];
        /** @description What a backup contains. */
        modules: Schemas["CheckedModule"][];
        recognised?: Schemas["ProfileOut"] | null;
        /**
         * @description Product and version.
         * @example PostgreSQL 15.18
         */
        server: string;
        /**
         * @description Version of TLS; null if the connection is not encrypted.
         * @example TLSv1.3
         */
        tls?: string | null;
        /** @description The user that reads. */
        user: string;
        /** @description Views that a backup contains only if the connection names them. */
        views: string[];
    };
    /** @description What became of a record, or of a file that is attached to it. */
    ReportedRecord: {
        action: Schemas["PlannedAction"];
        /** @description The rule, field or code that the CRM has named. */
        detail?: string | null;
        /** @description Id of the attached file; null for the record itself. */
        file?: string | null;
        /** @description Id of the record. */
        id: string;
        /** @description API name of the module. */
        module: string;
        /** @description Its id in the CRM, if that has given it another one. */
        new_id?: string | null;
        outcome: Schemas["WriteOutcome"];
        reason?: Schemas["Refusal"] | null;
    };
    /** @description What to restore. Without records, modules and a search it is everything. */
    RestoreBody: {
        /**
         * @description The backup whose records are written.
         * @example 554023000000408001
         */
        backup: string;
        /**
         * @description Whether tables that the restore target lacks are made, with their keys, types, sequences and foreign keys. Of a restore of everything or
         *     of modules into the restore target only.
         */
        create?: boolean;
        /** @description API names of modules. */
        modules?: string[] | null;
        policy?: Schemas["RestorePolicyIo"];
        /** @description Single records, at most 1,000. */
        records?: Schemas["RecordIo"][] | null;
        search?: Schemas["RestoreSearchIn"] | null;
        target?: Schemas["RestoreTarget"] | null;
    };
    RestoreEnvelope: {
        restore: Schemas["RestoreOut"];
    };
    /** @description A restore. */
    RestoreOut: {
        backup: Schemas["RestoredBackupOut"];
        completed_time?: Schemas["LocalTime"] | null;
        confirmed_time?: Schemas["LocalTime"] | null;
        /** @description Whether tables that the restore target lacks are made. */
        create: boolean;
        failure?: Schemas["FailureOut"] | null;
        file_outcome?: Schemas["WrittenCountsOut"] | null;
        /** @description Names of foreign keys that could not be added to tables that were made; empty until then. */
        foreign_keys_refused: string[];
        /** @example 554023000000408001 */
        id: string;
        /** @description Whether another restore has undone it. */
        is_undone: boolean;
        outcome?: Schemas["WrittenCountsOut"] | null;
        plan?: Schemas["RestorePlanOut"] | null;
        planned_time?: Schemas["LocalTime"] | null;
        policy: Schemas["RestorePolicyIo"];
        progress?: Schemas["RestoreProgressOut"] | null;
        requested_by: Schemas["PersonOut"];
        requested_time: Schemas["LocalTime"];
        selection: Schemas["RestoreSelectionOut"];
        status: Schemas["RestoreStatus"];
        /** @description Where it writes: into the connected CRM, or into the restore target. */
        target: Schemas["RestoreTarget"];
        /** @description The restore that this one undoes. */
        undoes?: string | null;
    };
    /** @description What a restore does. */
    RestorePlanOut: Schemas["PlanCountsOut"] & {
        /** @description API names of the modules whose tables are made. */
        creates: string[];
        /** @description Attached files of the records. */
        files: Schemas["FilePlanCountsOut"];
        /** @description What hinders writing. */
        hindrances: Schemas["HindranceOut"][];
        /** @description Whether a user without permission to write a module must be given it before the restore can be confirmed. */
        is_hindered: boolean;
        modules: Schemas["ModulePlanOut"][];
    };
    /** @description What a restore may do besides creating records that are missing. */
    RestorePolicyIo: {
        /**
         * @description Records that were changed since are changed back.
         * @default false
         */
        change: boolean;
        /**
         * @description Records that the backup does not have are deleted. It concerns whole modules, and no single records.
         * @default false
         */
        delete: boolean;
    };
    RestoreProgressOut: {
        /** Format: int64 */
        done: number;
        /** Format: int64 */
        total: number;
    };
    /** @description A search in all fields of the records of a backup. */
    RestoreSearchIn: {
        match?: Schemas["WordMatch"] | null;
        /** @description API name of the module; all modules if it is left out. */
        module?: string | null;
        /** @description One to eight words, all of which occur in a record. */
        words: string;
    };
    /** @description The search that selects the records, and how far it is. */
    RestoreSearchOut: {
        /** @description Number of all blocks; zero before the first is searched. */
        blocks: number;
        /** @description Number of blocks of records that were searched so far. */
        blocks_searched: number;
        match: Schemas["WordMatch"];
        /** @description API name of the module; null for all modules. */
        module?: string | null;
        /** @description Number of records that were found so far. */
        records: number;
        /** @description The words, until the plan is made; null from then on. */
        words?: string | null;
    };
    /** @description What is restored. All are null for everything. */
    RestoreSelectionOut: {
        /** @description API names of modules. */
        modules?: string[] | null;
        records?: Schemas["RecordIo"][] | null;
        search?: Schemas["RestoreSearchOut"] | null;
    };
    /**
     * @description State of a restore.
     * @enum {string}
     */
    RestoreStatus: "PLANNING" | "PLANNED" | "RUNNING" | "COMPLETED" | "FAILED" | "CANCELLED";
    /**
     * @description Where a restore writes: into the connected CRM, or into the restore target.
     * @enum {string}
     */
    RestoreTarget: "connection" | "restore_target";
    RestoreTargetEnvelope: {
        restore_target?: Schemas["RestoreTargetOut"] | null;
    };
    /** @description The database that restores may write into instead of the connected CRM. Its credentials are never shown. */
    RestoreTargetOut: {
        database?: Schemas["DatabaseOut"] | null;
        /** @description Whether drills may use the database: a drill deletes everything in it. */
        drills: boolean;
        kind: Schemas["DatabaseKind"];
        /** @description Name of the profile that shows its tables; null for that of the connection. */
        profile?: string | null;
        /** @description Who set it. */
        set_by: Schemas["PersonOut"];
        set_time: Schemas["LocalTime"];
    };
    RestoreTargetRequest: {
        restore_target: Schemas["WantedTarget"];
    };
    /** @description The backup whose records are written. */
    RestoredBackupOut: {
        id: string;
        /** @description When the state began that the CRM is to have. */
        taken: Schemas["LocalTime"];
    };
    RestoresEnvelope: {
        info: Schemas["NextPage"];
        restores: Schemas["RestoreOut"][];
    };
    RetentionEnvelope: {
        retention: Schemas["RetentionOut"];
    };
    /** @description What is kept of an organisation's captured data. */
    RetentionOut: {
        /** @description Legal holds, by backup, oldest first. */
        holds: Schemas["HoldOut"][];
        kept?: Schemas["KeptOut"] | null;
    };
    /** @description Which captured data is kept: that of the last days; or that of the newest backup of each of the last days, weeks and months. */
    RetentionRuleBody: {
        /**
         * Format: int32
         * @description 1 to 36,500.
         */
        days: number;
        /** @enum {string} */
        rule: "days";
    } | {
        /**
         * Format: int32
         * @description Number of days, today included; at most 3,650.
         */
        daily: number;
        /**
         * Format: int32
         * @description Number of months, at most 120.
         */
        monthly: number;
        /** @enum {string} */
        rule: "generations";
        /**
         * Format: int32
         * @description Number of ISO weeks, at most 520.
         */
        weekly: number;
    };
    /** @description A rule as a sentence. */
    RuleInWords: {
        /** @example every other Monday */
        en: string;
        /** @example 隔週の月曜日 */
        ja: string;
    };
    /**
     * @description Outcome of a run.
     * @enum {string}
     */
    RunOutcome: "ready" | "failed" | "cancelled" | "skipped" | "missed";
    ScheduleOut: {
        /** @description All runs until the end of the month after next. */
        calendar: Schemas["LocalTime"][];
        /** @description Entity tag for If-Match. */
        etag: string;
        id: string;
        next_runs: Schemas["LocalTime"][];
        requester: Schemas["PersonOut"];
        rrule: string;
        sentence: Schemas["Sentence"];
        /** @description Those of `calendar` that will be skipped because no backup will be left. */
        skips: Schemas["LocalTime"][];
        start_date?: Schemas["LocalTime"] | null;
        status: Schemas["ScheduleStatus"];
        /** @description Hours and minutes in the organisation's time zone. */
        time_of_day: string;
        type: Schemas["RepeatKind"];
    };
    /**
     * @description State of a schedule.
     * @enum {string}
     */
    ScheduleStatus: "SCHEDULED" | "STOPPED";
    SearchEnvelope: {
        hits: Schemas["SearchHitOut"][];
        info: Schemas["SearchPage"];
    };
    /** @description A record in which all words occur. */
    SearchHitOut: {
        /** @description Up to five fields in which words occur. */
        fields: Schemas["FoundField"][];
        id: string;
        module: Schemas["ModuleName"];
        /** @description What the record is called, if one of its fields says it. */
        name?: string | null;
    };
    /** @description How far a search has come. */
    SearchPage: {
        /** @description Number of all blocks. */
        blocks: number;
        /** @description Number of blocks of records that are searched, with those of the pages before. */
        blocks_searched: number;
        count: number;
        /** @description Whether there may be more. A page may be short or empty: a call searches for eight seconds at most. */
        more_records: boolean;
        /** @description Token to go on with; null at the end. */
        next_page_token?: string | null;
    };
    /** @description The rule as a sentence. */
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
        /** @description Which backups are drilled by themselves. None is while no restore target is there for drills. */
        drills: Schemas["DrillPolicy"];
        /** @description Layout of the zips. */
        layout: Schemas["ArchiveLayout"];
        locale?: Schemas["Language"] | null;
        /**
         * Format: int64
         * @description Maximum size of a zip in bytes; a larger backup is split. Null applies only the service's own limit.
         */
        max_part_bytes?: number | null;
        /** @description Additional recipients of mails, besides the administrator concerned. */
        recipients: string[];
        retention?: Schemas["RetentionRuleBody"] | null;
        /**
         * @description When scheduled runs start, as hours and minutes in that zone.
         * @example 04:00
         */
        time_of_day: string;
        /**
         * @description IANA time zone name.
         * @example Asia/Tokyo
         */
        time_zone: string;
        unusual_loss: Schemas["LossRuleOut"];
    };
    SettingsRequest: {
        settings: Schemas["WantedSettings"];
    };
    /**
     * @description What an administrator should know before the first backup of a source.
     * @enum {string}
     */
    SourceAdvice: "user_may_write" | "not_encrypted" | "holds_old_rows" | "one_reader" | "files_in_folder" | "backup_ready" | "no_backup_ready";
    SourceEnvelope: {
        source: Schemas["SourceOut"];
    };
    /** @description The source of the data. */
    SourceKind: {
        /** @description One sentence that says which state of the CRM the backup shows. */
        consistency: string;
        /** @example native */
        kind: string;
    };
    /** @description The CRM that is backed up. */
    SourceOut: {
        /**
         * Format: int64
         * @description Total size of those attachments.
         */
        attachment_bytes: number;
        /**
         * Format: int64
         * @description Number of attachments in the modules that are backed up.
         */
        attachments: number;
        /** @description One sentence that says which state of the CRM a backup shows. */
        consistency: string;
        /** @description Kind of the source. */
        kind: Schemas["ConnectionKind"];
        /** @description All modules, including those that backups leave out. */
        modules: Schemas["ModuleOut"][];
        /**
         * Format: int64
         * @description Number of records in the modules that are backed up.
         */
        rows: number;
    };
    StatementEnvelope: {
        statement: Schemas["StatementWithZips"];
    };
    StatementKeyEnvelope: {
        statement_key: Schemas["StatementKeyOut"];
    };
    /** @description The public key that verifies statements. */
    StatementKeyOut: {
        /** @description The key as a PEM document. */
        pem: string;
        /** @description SHA-256 of the key as a DER document, by which statements name it. */
        sha256: string;
    };
    /** @description A signed statement in its chain. */
    StatementOut: {
        /**
         * @description The backup that it is about; null for an erasure.
         * @example 554023000000408001
         */
        backup_id?: string | null;
        /** @description The erasure that it is about; null for a backup. */
        erasure_id?: string | null;
        /** @description Whether it follows the statement before it. False is a warning: a statement before it was lost or changed. */
        is_linked: boolean;
        /**
         * Format: int64
         * @description Position in the chain, from 1.
         */
        number: number;
        /** @description SHA-256 of the text, by which the next statement names this one. */
        sha256: string;
        /** @description The signature in Base64: of Ed25519 (RFC 8032), or of ECDSA with P-256 and SHA-256 as DER. */
        signature: string;
        /** @description The text that was signed: JSON in canonical form. */
        text: string;
        /** @description When the backup or the erasure was completed. */
        time: Schemas["LocalTime"];
    };
    /** @description The statement about an erasure. */
    StatementWithRecords: Schemas["StatementOut"] & {
        /** @description The list of the records' keyed hashes, whose SHA-256 is `records_sha256` of the statement. */
        records: string;
    };
    /** @description The statement about a backup. */
    StatementWithZips: Schemas["StatementOut"] & {
        /** @description The list of zips, whose SHA-256 is `zips_sha256` of the statement. Null if it is not kept any more: it is kept for a year. */
        zips?: string | null;
    };
    StatementsEnvelope: {
        info: Schemas["PageInfo"];
        statements: Schemas["StatementOut"][];
    };
    SubscriptionEnvelope: {
        subscription: Schemas["SubscriptionOut"];
    };
    /** @description A subscription. Its amount is in minor units of its currency. */
    SubscriptionOut: {
        /**
         * Format: int64
         * @description Monthly price including tax.
         */
        amount: number;
        /** @example JPY */
        currency: string;
        ended_time?: Schemas["LocalTime"] | null;
        id: string;
        /** Format: int32 */
        minor_digits: number;
        /** @description The order that bought it. */
        order: string;
        /** @description End of the period, at which the subscription renews or ends. */
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
    /** @description Result of a call that changes something. */
    Success_Added: {
        code: Schemas["SuccessCode"];
        details: {
            id: string;
            /**
             * @description Signing secret as defined by the Standard Webhooks specification, shown only once. Chat channels have none: their messages are not
             *     signed.
             * @example whsec_...
             */
            secret?: string | null;
        };
        /** @description Summary in one sentence. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description Result of a call that changes something. */
    Success_CalendarLink: {
        code: Schemas["SuccessCode"];
        details: {
            /** @description Path of the calendar on this API, shown only once. Whoever has it can read the times of runs, and nothing else. */
            path: string;
        };
        /** @description Summary in one sentence. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description Result of a call that changes something. */
    Success_ConnectedOut: {
        code: Schemas["SuccessCode"];
        /** @description What is connected now. */
        details: {
            kind: Schemas["ConnectionKind"];
        };
        /** @description Summary in one sentence. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description Result of a call that changes something. */
    Success_Marked: {
        code: Schemas["SuccessCode"];
        details: {
            read_until: string;
        };
        /** @description Summary in one sentence. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description Result of a call that changes something. */
    Success_NoDetails: {
        code: Schemas["SuccessCode"];
        details: Record<string, never>;
        /** @description Summary in one sentence. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description Result of a call that changes something. */
    Success_NoTargetOut: {
        code: Schemas["SuccessCode"];
        /** @description What restores write into from now on. */
        details: {
            restore_target?: Schemas["RestoreTargetOut"] | null;
        };
        /** @description Summary in one sentence. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description Result of a call that changes something. */
    Success_WebhookRef: {
        code: Schemas["SuccessCode"];
        details: {
            id: string;
        };
        /** @description Summary in one sentence. */
        message: string;
        status: Schemas["SuccessStatus"];
    };
    /** @description The current state of backups. */
    Summary: {
        allowance: Schemas["AllowanceOut"];
        backup?: Schemas["NewestBackup"] | null;
        /**
         * Format: int64
         * @description Estimated duration of the next backup in seconds, from earlier backups; null before the first completed backup.
         */
        estimated_seconds?: number | null;
        last?: Schemas["NewestBackup"] | null;
        notifications: Schemas["NoticesOut"];
        /** @description The current time, from which remaining times are computed. */
        now: Schemas["LocalTime"];
        /** @description The organisation's name. */
        organisation: string;
        /** @description Outcomes of the runs since the beginning of last month, newest first. */
        past_runs: Schemas["PastRun"][];
        schedule?: Schemas["ScheduleOut"] | null;
        /** @description The time zone of all times. */
        time_zone: string;
        /** @description The caller. */
        user: Schemas["PersonOut"];
    };
    SummaryEnvelope: {
        summary: Schemas["Summary"];
    };
    /** @description A tax, and its amount in an order. */
    TaxOut: {
        /**
         * Format: int64
         * @description Null in a price list.
         */
        amount?: number | null;
        /** @description Whether listed prices include the tax. */
        included: boolean;
        name: string;
        /**
         * @description Percentage as decimal text.
         * @example 10
         */
        percent: string;
    };
    /**
     * @description Protection of a connection. `off` is allowed only on the machine itself.
     * @enum {string}
     */
    TlsMode: "verify_full" | "off";
    Unread: {
        count: number;
        unread: number;
    };
    Until: {
        /** @description Id of the newest notification that was read. */
        read_until: string;
    };
    /**
     * @description What was lost unusually: a whole module, records of it, or attachments.
     * @enum {string}
     */
    UnusualLossKind: "module" | "records" | "attachments";
    /** @description A loss of which the administrators are warned. */
    UnusualLossOut: {
        kind: Schemas["UnusualLossKind"];
        label: string;
        /**
         * Format: int64
         * @description Number of records or attachments that are gone.
         */
        lost: number;
        /** @description The module's API name. */
        module: string;
        /**
         * Format: int64
         * @description Number of records or attachments that there were.
         */
        of: number;
        /**
         * Format: int64
         * @description The loss in percent, rounded down.
         */
        percent: number;
    };
    Urls: {
        attachment_links: string[];
        data_links: string[];
        /** @description When the links expire. */
        expiry_date: Schemas["LocalTime"];
    };
    UrlsEnvelope: {
        urls: Schemas["Urls"];
    };
    WantedConnection: {
        database?: Schemas["WantedDatabase"] | null;
        kind: Schemas["ConnectionKind"];
        /** @description What backups leave out. */
        omitted?: Schemas["WantedOmission"][];
        /**
         * @description Name of the CRM's profile, which names, orders and categorises its tables. Left out, tables are shown as they are.
         * @example creme
         */
        profile?: string | null;
        zoho?: Schemas["WantedZoho"] | null;
    };
    /** @description Fields that are left out keep their values. */
    WantedCsv: {
        byte_order_mark?: boolean | null;
        escape_formulas?: boolean | null;
        protect_values?: boolean | null;
    };
    WantedDatabase: {
        /** @description Certificates, in PEM, of the authorities that may sign the server's certificate. Left out, those of the system. */
        ca?: string | null;
        captured_by?: Schemas["CapturedBy"] | null;
        /**
         * @description DNS name or IP address of the database's server.
         * @example db.example.com
         */
        host?: string | null;
        /**
         * @description Its name on the server.
         * @example crm
         */
        name?: string | null;
        /**
         * @description Left out, the password stays that of the present connection, if that is to the same server with the same user. Null for a user without a
         *     password.
         */
        password?: string | null;
        /**
         * Format: int32
         * @description Left out, 5432 for PostgreSQL and 3306 for MySQL and MariaDB.
         */
        port?: number | null;
        /** @description Schemas to back up, of PostgreSQL only. Left out, all but the system's. */
        schemas?: string[];
        tls?: Schemas["TlsMode"] | null;
        user?: string | null;
        /** @description Views to back up besides the tables, as a check lists them. At most 200. */
        views?: string[];
    };
    WantedItem: {
        /** @description Name of the plan, if the product is a plan. */
        plan?: string | null;
        product: Schemas["ProductKind"];
        /**
         * Format: int32
         * @description 1 to 100 for one-time backups. Defaults to 1.
         */
        quantity?: number | null;
    };
    /** @description Fields that are left out keep their values. */
    WantedLossRule: {
        attachments?: boolean | null;
        modules?: boolean | null;
        /**
         * Format: int64
         * @description 0 warns of any loss, 100 of none.
         */
        percent?: number | null;
    };
    WantedOmission: {
        /** @description API name of one of its fields. Left out, the whole module is. */
        field?: string | null;
        /** @description API name of a module. */
        module: string;
    };
    /** @description The requested products. Prices come from the price list; a body that contains one is rejected. */
    WantedOrder: {
        items: Schemas["WantedItem"][];
        origin: Schemas["OrderOrigin"];
    };
    /** @description A record to erase. */
    WantedRecord: {
        id: string;
        /** @description API name of the module. */
        module: string;
    };
    /** @description Fields that are left out keep their values. */
    WantedSettings: {
        csv?: Schemas["WantedCsv"] | null;
        drills?: Schemas["DrillPolicy"] | null;
        layout?: Schemas["ArchiveLayout"] | null;
        locale?: Schemas["Language"] | null;
        /**
         * Format: int64
         * @description At least 16777216; null removes the limit.
         */
        max_part_bytes?: number | null;
        /** @description At most 10 mail addresses. */
        recipients?: string[] | null;
        retention?: Schemas["RetentionRuleBody"] | null;
        /**
         * @description Hours and minutes.
         * @example 04:00
         */
        time_of_day?: string | null;
        /** @description IANA time zone name. */
        time_zone?: string | null;
        unusual_loss?: Schemas["WantedLossRule"] | null;
    };
    WantedTarget: {
        database?: Schemas["WantedDatabase"] | null;
        /** @description Whether drills may use the database: a drill deletes everything in it. */
        drills?: boolean;
        kind: Schemas["DatabaseKind"];
        /**
         * @description Name of the profile that shows its tables. Left out, that of the connection.
         * @example creme
         */
        profile?: string | null;
    };
    WantedWebhook: {
        kind?: Schemas["WebhookFormat"] | null;
        /**
         * @description URL to which messages are posted: HTTPS, on the public internet.
         * @example https://example.com/hooks/backup
         */
        url: string;
    };
    /** @description A search in all fields of the captured data of all backups. */
    WantedWords: {
        match?: Schemas["WordMatch"] | null;
        /** @description API name of the module; all modules if it is left out. */
        module?: string | null;
        /** @description One to eight words, all of which occur in a record. */
        words: string;
    };
    WantedZoho: {
        backup?: Schemas["BackupChoice"] | null;
        /**
         * Format: int32
         * @description Number of API calls that backups make at a time. Left out, 5.
         */
        calls_at_once?: number | null;
        /** @description OAuth client that the organisation has registered with Zoho. Left out, the operator's. */
        client_id?: string | null;
        /** @description Secret of that client. Left out, the stored one stays, if it is of the same client at the same data centre. */
        client_secret?: string | null;
        /**
         * Format: int32
         * @description Share of the organisation's API credits that backups may use in 24 hours, in percent. Left out, 50.
         */
        credit_share?: number | null;
        /** @description Data centre of the organisation. */
        data_center: Schemas["DataCenter"];
        environment?: Schemas["ZohoEnvironment"] | null;
        /** @description API name of a text field that takes the id that a record had before a restore created it again. */
        external_id?: string | null;
        /** @description Whether the consent is to cover writing, which restores need. Left out, false. */
        may_write?: boolean;
    };
    /**
     * @description Format of a webhook's messages: signed JSON, Slack's or Microsoft Teams'.
     * @enum {string}
     */
    WebhookFormat: "json" | "slack" | "teams";
    WebhookOut: {
        created_time: Schemas["LocalTime"];
        id: string;
        kind: Schemas["WebhookFormat"];
        status: Schemas["WebhookStatus"];
        /** @description Where messages are posted. The address of a chat channel is a secret, of which the host and the last four characters are shown. */
        url: string;
    };
    WebhookRequest: {
        webhook: Schemas["WantedWebhook"];
    };
    /**
     * @description State of a webhook. A webhook is disabled after three days of failed deliveries.
     * @enum {string}
     */
    WebhookStatus: "active" | "disabled";
    WebhooksEnvelope: {
        webhooks: Schemas["WebhookOut"][];
    };
    WeeklyOut: {
        status: Schemas["SubscriptionStatus"];
        subscription: string;
        /** @description End of the paid period. */
        until: Schemas["LocalTime"];
    };
    /**
     * @description How a word must occur: from the beginning of a word on, or as a whole word.
     * @enum {string}
     */
    WordMatch: "prefix" | "exact";
    /**
     * @description What became of a record that was to be written. One that is not as the plan has seen it any more was left.
     * @enum {string}
     */
    WriteOutcome: "written" | "already_there" | "changed_meanwhile" | "refused";
    /** @description What became of records or files. */
    WrittenCountsOut: {
        /** Format: int64 */
        already_there: number;
        /** Format: int64 */
        changed_meanwhile: number;
        /** Format: int64 */
        refused: number;
        /** Format: int64 */
        written: number;
    };
    /**
     * @description What happens to zips that may have an erased record: they are deleted, or made anew without it.
     * @enum {string}
     */
    ZipChoice: "drop" | "remake";
    /**
     * @description Which copy of an organisation's Zoho CRM is read.
     * @enum {string}
     */
    ZohoEnvironment: "production" | "sandbox" | "developer";
    /** @description What an administrator needs to know before they connect Zoho CRM. */
    ZohoOffer: {
        /** @description What a consent covers where Zoho's own backups are taken. */
        backup_scopes: string[];
        /** @description Whether the operator has an OAuth client. Without one, each organisation registers its own. */
        has_client: boolean;
        /** @description Address to register with a client, to which Zoho sends the browser after a consent. */
        redirect_uri: string;
        /** @description What a consent covers. */
        scopes: string[];
        /** @description What a consent covers that may write. */
        write_scopes: string[];
    };
    /** @description How Zoho CRM is reached. The client's secret and what a consent gives are never shown. */
    ZohoOut: {
        backup?: Schemas["BackupChoice"] | null;
        /** Format: int32 */
        calls_at_once: number;
        /** @description OAuth client of the organisation's own; null for the operator's. */
        client_id?: string | null;
        /** Format: int32 */
        credit_share: number;
        data_center: Schemas["DataCenter"];
        environment: Schemas["ZohoEnvironment"];
        /** @description API name of a text field that takes the id that a record had before a restore created it again. */
        external_id?: string | null;
        /** @description Whether consents cover writing, which restores need. */
        may_write: boolean;
        /** @description Name of the organisation that has consented, as Zoho gives it. */
        organisation?: string | null;
    };
}
