//! Modules of the sample: the CRM of a trading company.

use hozon_shared::domain::crm::{DataCategory, Field};

/// A module of the sample.
pub struct SampleModule {
    /// Number of the module in record ids.
    pub number: u64,
    /// Name in the API.
    pub api_name: &'static str,
    /// Name shown to users.
    pub label: &'static str,
    pub contents: DataCategory,
    /// Number of records in the smallest sample.
    pub records: u64,
    /// Whether records have attachments.
    pub has_files: bool,
    pub columns: &'static [Column],
}

/// A field, and how its cells are generated.
pub struct Column {
    name: &'static str,
    label: &'static str,
    data_type: &'static str,
    contents: DataCategory,
    pub kind: Kind,
}

/// Kind of a generated cell.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Id of the record itself.
    Id,
    /// Id of an account.
    Account,
    /// Id of a contact.
    Contact,
    /// Name of a person.
    Person,
    /// Name of the person responsible for the record.
    Owner,
    /// The company that the record describes.
    OwnCompany,
    /// The company to which the record belongs.
    Company,
    /// Industry of that company.
    Industry,
    /// Mail address of the person.
    Mail,
    /// Mobile number in international form.
    Mobile,
    /// Telephone number in Japanese form.
    Telephone,
    Postcode,
    /// Amount in whole yen, between two limits.
    Yen(u64, u64),
    /// When the record was created.
    Created,
    /// When the record was last modified.
    Modified,
    /// Day on which a deal closes.
    Closing,
    /// Day on which a task is due.
    Due,
    /// Stage of a deal, consistent with its closing day.
    Stage,
    /// True or false.
    Flag,
    /// One of the given values.
    Choice(&'static [&'static str]),
    /// Duration of a call.
    Minutes,
    /// Product number with leading zeros.
    Code,
    /// Name of a product.
    Product,
    /// Price of the product.
    Price,
    /// Name of a deal.
    DealName,
    /// Whether a task is done, consistent with its age.
    TaskStatus,
    /// What is to be done.
    Task,
    /// Topic of a call.
    Call,
    /// A sentence or two; some contain line breaks, quotation marks and formulas.
    Note,
}

impl SampleModule {
    /// Name of the field that identifies a record.
    pub fn key(&self) -> Option<&'static str> {
        self.columns.iter().find(|column| matches!(column.kind, Kind::Id)).map(|column| column.name)
    }
}

impl Column {
    /// Returns the field as the CRM describes it.
    pub fn field(&self) -> Field {
        let (api_name, label, data_type) = (self.name.to_owned(), self.label.to_owned(), self.data_type.to_owned());
        Field { api_name, label, data_type, contents: self.contents }
    }
}

const fn column(name: &'static str, label: &'static str, data_type: &'static str, kind: Kind) -> Column {
    Column { name, label, data_type, contents: DataCategory::Crm, kind }
}

const ID: Column = column("Id", "ID", "bigint", Kind::Id);
const NOTE: Column = column("Description", "詳細", "textarea", Kind::Note);
const CREATED: Column = column("Created_Time", "作成日時", "datetime", Kind::Created);
const MODIFIED: Column = column("Modified_Time", "更新日時", "datetime", Kind::Modified);
const OWNER: Column = column("Owner", "担当者", "ownerlookup", Kind::Owner);
const NAME: Column = column("Full_Name", "氏名", "text", Kind::Person);
const EMAIL: Column = column("Email", "メール", "email", Kind::Mail);
const ACCOUNT: Column = column("Account", "取引先", "lookup", Kind::Account);
const CONTACT: Column = column("Contact", "連絡先", "lookup", Kind::Contact);

/// Number of the accounts module in record ids.
pub const ACCOUNTS: u64 = 2;
/// Number of the contacts module in record ids.
pub const CONTACTS: u64 = 3;

const fn module(
    number: u64,
    api_name: &'static str,
    label: &'static str,
    records: u64,
    columns: &'static [Column],
) -> SampleModule {
    SampleModule { number, api_name, label, contents: DataCategory::Crm, records, has_files: false, columns }
}

/// Adds attachments to a module.
const fn with_files(module: SampleModule) -> SampleModule {
    SampleModule { has_files: true, ..module }
}

/// All modules, in the CRM's order.
pub static ALL: [SampleModule; 9] = [
    module(
        1,
        "Leads",
        "見込み客",
        3_500,
        &[
            ID,
            column("Company", "会社名", "text", Kind::Company),
            NAME,
            EMAIL,
            column("Mobile", "携帯電話", "phone", Kind::Mobile),
            column("Lead_Source", "情報源", "picklist", Kind::Choice(&["Webサイト", "展示会", "紹介", "電話", "広告"])),
            column("Lead_Status", "ステータス", "picklist", Kind::Choice(&["未対応", "対応中", "見込みあり", "見込みなし"])),
            OWNER,
            CREATED,
            MODIFIED,
            NOTE,
            Column {
                name: "Ad_Click",
                label: "広告クリック",
                data_type: "text",
                contents: DataCategory::Integration,
                kind: Kind::Choice(&["gclid-1", "gclid-2"]),
            },
        ],
    ),
    module(
        ACCOUNTS,
        "Accounts",
        "取引先",
        1_000,
        &[
            ID,
            column("Account_Name", "取引先名", "text", Kind::OwnCompany),
            column("Phone", "電話番号", "phone", Kind::Telephone),
            column("Billing_Code", "郵便番号", "text", Kind::Postcode),
            column("Industry", "業種", "picklist", Kind::Industry),
            column("Annual_Revenue", "年商", "currency", Kind::Yen(50_000_000, 9_000_000_000)),
            OWNER,
            CREATED,
            MODIFIED,
            NOTE,
        ],
    ),
    with_files(module(
        CONTACTS,
        "Contacts",
        "連絡先",
        2_500,
        &[
            ID,
            ACCOUNT,
            NAME,
            EMAIL,
            column("Mobile", "携帯電話", "phone", Kind::Mobile),
            column("Email_Opt_Out", "メール配信停止", "boolean", Kind::Flag),
            OWNER,
            CREATED,
            MODIFIED,
            NOTE,
        ],
    )),
    with_files(module(
        4,
        "Deals",
        "商談",
        1_500,
        &[
            ID,
            column("Deal_Name", "商談名", "text", Kind::DealName),
            ACCOUNT,
            CONTACT,
            column("Amount", "金額", "currency", Kind::Yen(50_000, 30_000_000)),
            column("Stage", "ステージ", "picklist", Kind::Stage),
            column("Closing_Date", "完了予定日", "date", Kind::Closing),
            OWNER,
            CREATED,
            MODIFIED,
            NOTE,
        ],
    )),
    module(
        7,
        "Products",
        "製品",
        120,
        &[
            ID,
            column("Product_Code", "製品番号", "text", Kind::Code),
            column("Product_Name", "製品名", "text", Kind::Product),
            column("Unit_Price", "単価", "currency", Kind::Price),
            CREATED,
        ],
    ),
    module(
        5,
        "Tasks",
        "タスク",
        500,
        &[
            ID,
            column("Subject", "件名", "text", Kind::Task),
            column("Due_Date", "期日", "date", Kind::Due),
            CONTACT,
            column("Status", "状況", "picklist", Kind::TaskStatus),
            OWNER,
            CREATED,
        ],
    ),
    module(
        8,
        "Calls",
        "通話",
        800,
        &[
            ID,
            column("Subject", "件名", "text", Kind::Call),
            CONTACT,
            column("Call_Type", "種別", "picklist", Kind::Choice(&["発信", "着信"])),
            column("Call_Start_Time", "開始日時", "datetime", Kind::Created),
            column("Duration_Minutes", "通話時間（分）", "integer", Kind::Minutes),
            OWNER,
        ],
    ),
    SampleModule {
        contents: DataCategory::Mail,
        ..module(
            6,
            "Emails",
            "メール",
            100,
            &[ID, column("Subject", "件名", "text", Kind::Task), column("Sent_Time", "送信日時", "datetime", Kind::Created)],
        )
    },
    SampleModule {
        contents: DataCategory::Document,
        ..module(
            10,
            "Documents",
            "ドキュメント",
            60,
            &[ID, column("File_Name", "ファイル名", "text", Kind::Product), OWNER, CREATED],
        )
    },
];
