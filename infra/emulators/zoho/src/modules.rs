//! The modules of the sample organisation, as tables of fields.

use crate::schema::{FieldKind, FieldSpec, ModuleSpec};
use FieldKind::{
    AutoNumber, BigInteger, Boolean, Currency, Date, DateTime, Double, Email, Files, Images, Integer, LongText, Lookup,
    MultiPickList, Phone, Photo, PickList, Subform, Tags, Text, User, Website,
};

/// API name, label and type; a `*` before the label marks a mandatory field, a `+` a custom one.
type Line = (&'static str, &'static str, FieldKind);

const SOURCES: &[&str] = &["-None-", "広告", "Cold Call", "Web; Download", "展示会"];
const STAGES: &[&str] = &["Qualification", "提案", "Negotiation/Review", "Closed Won", "Closed Lost"];
const STATUSES: &[&str] = &["Not Started", "進行中", "Completed", "Deferred"];
const TOPICS: &[&str] = &["電気", "Water", "ガス, 都市", "Fire/Safety", "Other"];
const RATINGS: &[&str] = &["-None-", "Active", "Acquired", "要確認"];

fn leads() -> Vec<Line> {
    let mut lines = vec![
        ("Last_Name", "*Last Name", Text),
        ("First_Name", "First Name", Text),
        ("Full_Name", "Full Name", Text),
        ("Company", "*Company", Text),
        ("Email", "Email", Email),
        ("Phone", "Phone", Phone),
        ("Website", "Website", Website),
        ("Lead_Source", "Lead Source", PickList(SOURCES)),
        ("Lead_Status", "Lead Status", PickList(STATUSES)),
        ("Rating", "Rating", PickList(RATINGS)),
        ("Annual_Revenue", "Annual Revenue", Currency),
        ("No_of_Employees", "No. of Employees", Integer),
        ("Email_Opt_Out", "Email Opt Out", Boolean),
        ("City", "City", Text),
        ("Street", "Street", Text),
        ("Zip_Code", "Zip Code", Text),
        ("Description", "Description", LongText),
        ("Topics", "+関心分野", MultiPickList(TOPICS)),
        ("External_Number", "+External Number", BigInteger),
        ("Score", "+Score", Double),
        ("Next_Visit", "+次回訪問", Date),
        ("Last_Seen", "+Last Seen", DateTime),
        ("Record_Image", "Lead Image", Photo),
    ];
    lines.extend(SURVEY.iter().map(|name| (*name, "+Survey", Text)));
    lines
}

/// Enough fields that one call cannot have them all.
const SURVEY: &[&str] = &[
    "Survey_01",
    "Survey_02",
    "Survey_03",
    "Survey_04",
    "Survey_05",
    "Survey_06",
    "Survey_07",
    "Survey_08",
    "Survey_09",
    "Survey_10",
    "Survey_11",
    "Survey_12",
    "Survey_13",
    "Survey_14",
    "Survey_15",
    "Survey_16",
    "Survey_17",
    "Survey_18",
    "Survey_19",
    "Survey_20",
    "Survey_21",
    "Survey_22",
    "Survey_23",
    "Survey_24",
    "Survey_25",
    "Survey_26",
    "Survey_27",
    "Survey_28",
    "Survey_29",
    "Survey_30",
];

fn accounts() -> Vec<Line> {
    vec![
        ("Account_Name", "*Account Name", Text),
        ("Parent_Account", "Parent Account", Lookup("Accounts")),
        ("Website", "Website", Website),
        ("Phone", "Phone", Phone),
        ("Rating", "Rating", PickList(RATINGS)),
        ("Annual_Revenue", "Annual Revenue", Currency),
        ("Employees", "Employees", Integer),
        ("Billing_City", "Billing City", Text),
        ("Description", "Description", LongText),
        ("Contracts", "+契約書", Files),
    ]
}

fn contacts() -> Vec<Line> {
    vec![
        ("Last_Name", "*Last Name", Text),
        ("First_Name", "First Name", Text),
        ("Full_Name", "Full Name", Text),
        ("Account_Name", "Account Name", Lookup("Accounts")),
        ("Email", "Email", Email),
        ("Phone", "Phone", Phone),
        ("Date_of_Birth", "Date of Birth", Date),
        ("Email_Opt_Out", "Email Opt Out", Boolean),
        ("Mailing_City", "Mailing City", Text),
        ("Description", "Description", LongText),
        ("Interests", "+興味", MultiPickList(TOPICS)),
        ("Record_Image", "Contact Image", Photo),
    ]
}

fn deals() -> Vec<Line> {
    vec![
        ("Deal_Name", "*Deal Name", Text),
        ("Account_Name", "Account Name", Lookup("Accounts")),
        ("Contact_Name", "Contact Name", Lookup("Contacts")),
        ("Stage", "*Stage", PickList(STAGES)),
        ("Amount", "Amount", Currency),
        ("Probability", "Probability (%)", Integer),
        ("Closing_Date", "*Closing Date", Date),
        ("Description", "Description", LongText),
    ]
}

fn tasks() -> Vec<Line> {
    vec![
        ("Subject", "*Subject", Text),
        ("Due_Date", "Due Date", Date),
        ("Status", "Status", PickList(STATUSES)),
        ("Who_Id", "Contact Name", Lookup("Contacts")),
        ("Closed_Time", "Closed Time", DateTime),
        ("Description", "Description", LongText),
    ]
}

fn events() -> Vec<Line> {
    vec![
        ("Event_Title", "*Title", Text),
        ("Start_DateTime", "*From", DateTime),
        ("End_DateTime", "*To", DateTime),
        ("All_day", "All day", Boolean),
        ("Venue", "Location", Text),
        ("Who_Id", "Contact Name", Lookup("Contacts")),
        ("Description", "Description", LongText),
    ]
}

fn calls() -> Vec<Line> {
    vec![
        ("Subject", "*Subject", Text),
        ("Call_Type", "*Call Type", PickList(&["Inbound", "Outbound", "Missed"])),
        ("Call_Start_Time", "*Call Start Time", DateTime),
        ("Call_Duration", "Call Duration", Text),
        ("Who_Id", "Contact Name", Lookup("Contacts")),
        ("Description", "Description", LongText),
    ]
}

fn products() -> Vec<Line> {
    vec![
        ("Product_Name", "*Product Name", Text),
        ("Product_Code", "Product Code", Text),
        ("Product_Active", "Product Active", Boolean),
        ("Unit_Price", "Unit Price", Currency),
        ("Qty_in_Stock", "Quantity in Stock", Double),
        ("Description", "Description", LongText),
        ("Record_Image", "Product Image", Photo),
    ]
}

fn quotes() -> Vec<Line> {
    vec![
        ("Subject", "*Subject", Text),
        ("Quote_Number", "Quote Number", AutoNumber),
        ("Deal_Name", "Deal Name", Lookup("Deals")),
        ("Account_Name", "Account Name", Lookup("Accounts")),
        ("Quote_Stage", "Quote Stage", PickList(STAGES)),
        ("Valid_Till", "Valid Until", Date),
        ("Grand_Total", "Grand Total", Currency),
        ("Terms_and_Conditions", "Terms and Conditions", LongText),
        ("Quoted_Items", "Quoted Items", Subform("Quoted_Items")),
    ]
}

fn quoted_items() -> Vec<Line> {
    vec![
        ("Product_Name", "*Product Name", Lookup("Products")),
        ("Quantity", "Quantity", Double),
        ("List_Price", "List Price", Currency),
        ("Description", "Description", LongText),
    ]
}

fn inspections() -> Vec<Line> {
    vec![
        ("Name", "*点検名", Text),
        ("Inspection_Number", "点検番号", AutoNumber),
        ("Customer", "+顧客", Lookup("Accounts")),
        ("Inspected_On", "+点検日", Date),
        ("Passed", "+合格", Boolean),
        ("Categories", "+区分", MultiPickList(TOPICS)),
        ("Report_Files", "+報告書", Files),
        ("Pictures", "+写真", Images),
        ("Findings", "+指摘事項", Subform("Findings")),
        ("Remarks", "+備考", LongText),
        ("Inspector", "+担当者", User),
    ]
}

fn findings() -> Vec<Line> {
    vec![
        ("Place", "+場所", Text),
        ("Severity", "+重大度", PickList(RATINGS)),
        ("Cost", "+費用", Currency),
        ("Due", "+期限", Date),
    ]
}

fn notes() -> Vec<Line> {
    vec![("Note_Title", "Note Title", Text), ("Note_Content", "Note Content", LongText), ("Parent_Id", "*Parent ID", Lookup(""))]
}

fn attachments() -> Vec<Line> {
    vec![("File_Name", "*File Name", Text), ("Size", "Size", BigInteger), ("Parent_Id", "*Parent ID", Lookup(""))]
}

/// Fields that every module has.
const COMMON: [Line; 5] = [
    ("Owner", "Owner", User),
    ("Created_By", "Created By", User),
    ("Modified_By", "Modified By", User),
    ("Created_Time", "Created Time", DateTime),
    ("Modified_Time", "Modified Time", DateTime),
];

/// Subforms' rows have no owner.
const COMMON_OF_SUBFORM: [Line; 3] = [
    ("Parent_Id", "Parent ID", Lookup("")),
    ("Created_Time", "Created Time", DateTime),
    ("Modified_Time", "Modified Time", DateTime),
];

/// All modules that have rows, with their numbers from 1.
pub fn modules() -> Vec<ModuleSpec> {
    let plain = |api_name, labels, name, lines| module(api_name, labels, name, lines, "default");
    let mut all = vec![
        plain("Leads", ("Lead", "Leads"), "Full_Name", leads()),
        plain("Accounts", ("Account", "Accounts"), "Account_Name", accounts()),
        plain("Contacts", ("Contact", "Contacts"), "Full_Name", contacts()),
        plain("Deals", ("Deal", "Deals"), "Deal_Name", deals()),
        plain("Tasks", ("Task", "Tasks"), "Subject", tasks()),
        plain("Events", ("Meeting", "Meetings"), "Event_Title", events()),
        plain("Calls", ("Call", "Calls"), "Subject", calls()),
        plain("Products", ("Product", "Products"), "Product_Name", products()),
        plain("Quotes", ("Quote", "Quotes"), "Subject", quotes()),
        module("Inspections", ("点検", "点検"), "Name", inspections(), "custom"),
        plain("Notes", ("Note", "Notes"), "Note_Title", notes()),
        plain("Attachments", ("Attachment", "Attachments"), "File_Name", attachments()),
        subform("Quoted_Items", "Quotes", quoted_items()),
        subform("Findings", "Inspections", findings()),
    ];
    for (module, number) in all.iter_mut().zip(1..) {
        module.number = number;
        module.is_bulk_readable = !matches!(module.api_name.as_str(), "Notes" | "Attachments");
    }
    all
}

/// A module that somebody adds: a name and a few fields.
pub fn custom(api_name: &str, label: &str, number: u64) -> ModuleSpec {
    let lines = vec![("Name", "*Name", Text), ("Remarks", "+Remarks", LongText), ("Amount", "+Amount", Currency)];
    ModuleSpec { number, ..module(api_name, (label, label), "Name", lines, "custom") }
}

fn module(api_name: &str, labels: (&str, &str), name: &str, lines: Vec<Line>, generated: &'static str) -> ModuleSpec {
    let tags = (api_name != "Notes" && api_name != "Attachments").then_some(("Tag", "Tag", Tags));
    ModuleSpec {
        api_name: api_name.to_owned(),
        labels: (labels.0.to_owned(), labels.1.to_owned()),
        number: 0,
        generated,
        name_field: name.to_owned(),
        fields: lines.into_iter().chain(COMMON).chain(tags).map(field).collect(),
        parent: None,
        is_bulk_readable: true,
    }
}

fn subform(api_name: &str, parent: &'static str, lines: Vec<Line>) -> ModuleSpec {
    let fields = lines.into_iter().chain(COMMON_OF_SUBFORM).map(field).collect();
    ModuleSpec { fields, parent: Some(parent), ..module(api_name, (api_name, api_name), "id", Vec::new(), "subform") }
}

fn field((api_name, label, kind): Line) -> FieldSpec {
    let is_system =
        matches!(api_name, "Created_By" | "Modified_By" | "Created_Time" | "Modified_Time" | "Full_Name") || kind == AutoNumber;
    FieldSpec {
        api_name: api_name.to_owned(),
        label: label.trim_start_matches(['*', '+']).to_owned(),
        kind,
        is_mandatory: label.starts_with('*'),
        is_custom: label.starts_with('+'),
        is_system,
    }
}
