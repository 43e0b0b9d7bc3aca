//! Zips of Zoho CRM's own backups, made as Zoho makes them.

use std::path::{Path, PathBuf};

use crate::crm::Crm;

/// Beginning of all ids.
pub const ZOHO_ID: &str = "5361160000";

/// The zips of a backup, made as Zoho makes them: two of data and two of attachments.
#[derive(Default)]
pub struct ZohoZips {
    crm: Crm,
}

impl ZohoZips {
    /// A CRM in which everything occurs that Zoho's zips have.
    pub fn sample() -> Self {
        let [one, two, three, owner, event] = [1, 2, 3, 90, 70].map(zoho_id);
        let leads = "\u{FEFF}Record Id,Lead Owner.id,Lead Owner,Last Name,Status,Status,Created Time,Email Opt Out\r\n";
        let index = "Record Id,File Name,Size,Parent Id.id,Parent Id,Created Time,Link URL\r\n";
        let attached = |number: u32, name: &str, size: usize, parent: &str| {
            format!("{},{name},{size},{parent},Whatever,2026-07-28 12:00:00,\r\n", zoho_id(number))
        };
        let (offer, plan) = (attached(101, "\"offer, final.pdf\"", 5, &one), attached(102, "見積.csv", 5, &event));
        Self::default()
        .file(
            "Data_001/Data/Leads_001.csv",
            &format!("{leads}{one},{owner},Ann,=1+1,New,,2026-07-28 12:00:00,TRUE\r\n{two},{owner},Ann,\"a\r\nb\",,x,,True\r\n"),
        )
        .file("Data_002/Data/Leads_002.csv", &format!("{leads}{three},{owner},Ann,'kept,,,,true\r\n"))
        .file("Data_001/Data/AppEvents_C_001.csv", &format!("Record Id,App Event Name,Lead.id\r\n{event},Opened,{one}\r\n"))
        .file("Data_001/Data/Users_001.csv", &format!("Record Id,Last Name\r\n{owner},Ann\r\n"))
        .file("Data_001/Data/Leads_RecordAccess_001.csv", &format!("Record Id,User.id\r\n{three},{owner}\r\n"))
        .file("Data_001/Data/Attachments_001.csv", &format!("{index}{offer}{plan}"))
        .file(
            "Data_001/Metadata/Fields_001.csv",
            "Module,Field Label,API Name,Data Type\r\nLeads,Lead Owner,Owner,ownerlookup\r\nLeads,Status,Lead_Status,picklist\r\n\
             Leads,Status,Status2,text\r\nLeads,Created Time,Created_Time,datetime\r\nAppEvents,App Event Name,Name,text\r\n",
        )
        .file("Data_001/Metadata/Modules_001.csv", "API Name,Plural Label\r\nLeads,Leads\r\nCustomModule6,AppEvents\r\n")
        .file(&format!("Data_001/RecordImages/{ZOHO_ID}000002.png"), "image")
        .file(&format!("Attachments_001/{ZOHO_ID}000101_offer, final.pdf"), "offer")
        .file(&format!("Attachments_002/{ZOHO_ID}000102_見積.csv"), "plan1")
    }

    /// Adds a file to the folder of a zip.
    #[must_use]
    pub fn file(self, path: &str, text: &str) -> Self {
        Self { crm: self.crm.file(path, text.as_bytes()) }
    }

    /// Makes a zip of every folder, in which the folder itself is not.
    pub async fn pack(self) -> Self {
        let script = "for folder in */; do (cd $folder; zip -qr ../${folder%/}.zip .); rm -r $folder; done";
        let mut command = tokio::process::Command::new("bash");
        let status = command.args(["-ec", script]).current_dir(self.crm.path()).status().await.expect("bash");
        assert!(status.success());
        self
    }

    /// The folder with the zips.
    pub fn path(&self) -> &Path {
        self.crm.path()
    }

    /// Paths of zips.
    pub fn zips(&self, names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(|name| self.path().join(name)).collect()
    }
}

/// The id of a record.
pub fn zoho_id(number: u32) -> String {
    format!("zcrm_{ZOHO_ID}{number:06}")
}

/// The zips of the sample.
pub const ZOHO_ZIPS: [&str; 4] = ["Data_001.zip", "Data_002.zip", "Attachments_001.zip", "Attachments_002.zip"];
