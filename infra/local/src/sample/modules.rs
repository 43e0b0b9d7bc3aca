//! The sample's modules: what a trading company keeps in its CRM.

use hozon_shared::domain::crm::{Contents, Field};

/// One module.
pub struct SampleModule {
    /// Its place in record ids.
    pub number: u64,
    /// Name in the API.
    pub api_name: &'static str,
    /// Name that users see.
    pub label: &'static str,
    /// What it contains.
    pub contents: Contents,
    /// Records in the smallest sample.
    pub records: u64,
    /// Whether records have attachments.
    pub has_files: bool,
    /// Its fields.
    pub columns: &'static [Column],
}

/// One field and how its cells are made.
pub struct Column {
    name: &'static str,
    label: &'static str,
    data_type: &'static str,
    contents: Contents,
    /// How cells are made.
    pub kind: Kind,
}

/// How a cell is made.
#[derive(Clone, Copy)]
pub enum Kind {
    /// The record's own id.
    Id,
    /// The id of a record of that module.
    Link(u64),
    /// A person's name.
    Person,
    /// A company's name.
    Company,
    /// A mail address.
    Mail,
    /// A telephone number in international form.
    Phone,
    /// An amount; some are negative.
    Money,
    /// A day.
    Date,
    /// An instant.
    Time,
    /// One of these.
    Choice(&'static [&'static str]),
    /// A sentence or two; some have line breaks, quotes and formulas.
    Text,
}

impl Column {
    /// As the CRM describes it.
    pub fn field(&self) -> Field {
        let (api_name, label, data_type) = (self.name.to_owned(), self.label.to_owned(), self.data_type.to_owned());
        Field { api_name, label, data_type, contents: self.contents }
    }
}

const fn column(name: &'static str, label: &'static str, data_type: &'static str, kind: Kind) -> Column {
    Column { name, label, data_type, contents: Contents::Crm, kind }
}

const ID: Column = column("Id", "ID", "bigint", Kind::Id);
const NOTE: Column = column("Description", "詳細", "textarea", Kind::Text);
const CREATED: Column = column("Created_Time", "作成日時", "datetime", Kind::Time);
const MODIFIED: Column = column("Modified_Time", "更新日時", "datetime", Kind::Time);
const OWNER: Column = column("Owner", "担当者", "ownerlookup", Kind::Person);

const ACCOUNTS: u64 = 2;
const CONTACTS: u64 = 3;

/// All modules, in the CRM's order.
pub static ALL: [SampleModule; 6] = [
    SampleModule {
        number: 1,
        api_name: "Leads",
        label: "見込み客",
        contents: Contents::Crm,
        records: 3_500,
        has_files: false,
        columns: &[
            ID,
            column("Company", "会社名", "text", Kind::Company),
            column("Full_Name", "氏名", "text", Kind::Person),
            column("Email", "メール", "email", Kind::Mail),
            column("Phone", "電話番号", "phone", Kind::Phone),
            column("Lead_Source", "情報源", "picklist", Kind::Choice(&["Web", "展示会", "紹介", "Cold call"])),
            column("Status", "ステータス", "picklist", Kind::Choice(&["New", "対応中", "Qualified", "失注"])),
            OWNER,
            CREATED,
            NOTE,
            Column {
                name: "Ad_Click",
                label: "広告クリック",
                data_type: "text",
                contents: Contents::Integration,
                kind: Kind::Choice(&["gclid-1", "gclid-2"]),
            },
        ],
    },
    SampleModule {
        number: ACCOUNTS,
        api_name: "Accounts",
        label: "取引先",
        contents: Contents::Crm,
        records: 1_000,
        has_files: false,
        columns: &[
            ID,
            column("Account_Name", "取引先名", "text", Kind::Company),
            column("Phone", "電話番号", "phone", Kind::Phone),
            column("Industry", "業種", "picklist", Kind::Choice(&["製造", "Retail", "IT", "物流", "Finance"])),
            column("Annual_Revenue", "年商", "currency", Kind::Money),
            OWNER,
            CREATED,
            MODIFIED,
            NOTE,
        ],
    },
    SampleModule {
        number: CONTACTS,
        api_name: "Contacts",
        label: "連絡先",
        contents: Contents::Crm,
        records: 2_500,
        has_files: true,
        columns: &[
            ID,
            column("Account", "取引先", "lookup", Kind::Link(ACCOUNTS)),
            column("Full_Name", "氏名", "text", Kind::Person),
            column("Email", "メール", "email", Kind::Mail),
            column("Phone", "電話番号", "phone", Kind::Phone),
            OWNER,
            CREATED,
            NOTE,
        ],
    },
    SampleModule {
        number: 4,
        api_name: "Deals",
        label: "商談",
        contents: Contents::Crm,
        records: 1_500,
        has_files: true,
        columns: &[
            ID,
            column("Account", "取引先", "lookup", Kind::Link(ACCOUNTS)),
            column("Contact", "連絡先", "lookup", Kind::Link(CONTACTS)),
            column("Amount", "金額", "currency", Kind::Money),
            column("Stage", "ステージ", "picklist", Kind::Choice(&["提案", "Negotiation", "受注", "Closed lost"])),
            column("Closing_Date", "完了予定日", "date", Kind::Date),
            OWNER,
            MODIFIED,
            NOTE,
        ],
    },
    SampleModule {
        number: 5,
        api_name: "Tasks",
        label: "タスク",
        contents: Contents::Crm,
        records: 500,
        has_files: false,
        columns: &[
            ID,
            column("Subject", "件名", "text", Kind::Text),
            column("Due_Date", "期日", "date", Kind::Date),
            column("Contact", "連絡先", "lookup", Kind::Link(CONTACTS)),
            OWNER,
        ],
    },
    SampleModule {
        number: 6,
        api_name: "Emails",
        label: "メール",
        contents: Contents::Mail,
        records: 100,
        has_files: false,
        columns: &[ID, column("Subject", "件名", "text", Kind::Text), column("Sent_Time", "送信日時", "datetime", Kind::Time)],
    },
];
