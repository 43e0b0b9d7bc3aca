//! Moto's server, and separate resources in it.

use hozon_shared::settings::{AccessKey, Endpoints, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use super::PaymentKeys;
use super::http::Owner;

/// Id of the signer's first key.
pub const SIGNER_ID: &str = "AKIASIGNER0000000001";

pub struct Moto {
    endpoint: String,
    owner: Owner,
    name: String,
    /// Id of the key that signs statements.
    statement_key: String,
}

impl Moto {
    /// Creates a table, buckets, a state machine, a schedule group, an identity and secrets under a unique name.
    pub async fn prepare(endpoint: String) -> Self {
        let owner = Owner::of(&endpoint);
        let name = format!("contracts-{:016x}", fastrand::u64(..));
        let mut moto = Self { endpoint, owner, name, statement_key: String::new() };
        moto.make_table().await;
        for bucket in [moto.archives(), moto.crm()] {
            moto.owner.send(Method::PUT, "s3", &format!("/{bucket}"), "").await;
        }
        moto.make_state_machine().await;
        moto.owner.send(Method::POST, "scheduler", &format!("/schedule-groups/{}", moto.name), "{}").await;
        let identity = json!({ "EmailIdentity": moto.mail_domain() }).to_string();
        moto.owner.send(Method::POST, "ses", "/v2/email/identities", &identity).await;
        let keys = payment_keys();
        let keys = json!({ "api_key": keys.api_key, "webhook_secrets": ["whsec_before", keys.webhook_secret] });
        moto.make_secret(&moto.payment_secret(), &keys).await;
        moto.make_secret(&moto.signer_secret(), &signer_key(SIGNER_ID)).await;
        let key = json!({ "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY" });
        let made = moto.owner.call("kms", "TrentService.CreateKey", &key).await;
        moto.statement_key = made["KeyMetadata"]["KeyId"].as_str().expect("an id").to_owned();
        moto
    }

    pub fn settings(&self) -> Settings {
        let endpoint = || Some(self.endpoint.clone());
        Settings {
            table: self.name.clone(),
            archives_bucket: self.archives(),
            crm_bucket: self.crm(),
            state_machine: self.state_machine(),
            endpoints: Endpoints {
                s3: endpoint(),
                dynamodb: endpoint(),
                states: endpoint(),
                scheduler: endpoint(),
                mail: endpoint(),
                secrets: endpoint(),
                queues: endpoint(),
                kms: endpoint(),
            },
            connection_secrets: format!("{}-connections/", self.name),
            erasure_secrets: format!("{}-erasures/", self.name),
            signer_secret: self.signer_secret(),
            statement_key: self.statement_key.clone(),
            zip_lock: None,
            plain_links: None,
            credentials: Some(AccessKey { id: "AKIAFUNCTIONS0000001".to_owned(), secret: "functions".to_owned() }),
        }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn mail_domain(&self) -> String {
        format!("{}.example", self.name)
    }

    pub fn payment_secret(&self) -> String {
        format!("{}-payments", self.name)
    }

    pub async fn items(&self) -> Vec<Value> {
        let answer = self.owner.call("dynamodb", "DynamoDB_20120810.Scan", &json!({ "TableName": self.name })).await;
        answer["Items"].as_array().expect("items").clone()
    }

    pub async fn plant(&self, item: &Value) {
        let request = json!({ "TableName": self.name, "Item": item });
        self.owner.call("dynamodb", "DynamoDB_20120810.PutItem", &request).await;
    }

    pub async fn schedules(&self) -> Vec<Value> {
        let listed = self.owner.get("scheduler", &format!("/schedules?ScheduleGroup={}", self.name)).await;
        let mut found = Vec::new();
        for schedule in listed["Schedules"].as_array().expect("schedules") {
            let name = schedule["Name"].as_str().expect("a name");
            let path = format!("/schedules/{name}?groupName={}", self.name);
            found.push(self.owner.get("scheduler", &path).await);
        }
        found
    }

    pub async fn mails(&self) -> Vec<Vec<u8>> {
        let known: Value = self.owner.get("moto_api", "/moto-api/data.json").await;
        let sent = known["ses"]["RawMessage"].as_array().expect("mails");
        let is_ours = |mail: &&Value| mail["source"].as_str().is_some_and(|source| source.ends_with(&self.mail_domain()));
        sent.iter().filter(is_ours).map(|mail| mail["raw_data"].as_str().expect("a mail").as_bytes().to_vec()).collect()
    }

    pub async fn executions(&self) -> Vec<(String, Value)> {
        let listed = self.states("ListExecutions", &json!({ "stateMachineArn": self.state_machine() })).await;
        let mut found = Vec::new();
        for execution in listed["executions"].as_array().expect("executions") {
            let told = self.states("DescribeExecution", &json!({ "executionArn": execution["executionArn"] })).await;
            let input = serde_json::from_str(told["input"].as_str().expect("an input")).expect("JSON");
            found.push((told["name"].as_str().expect("a name").to_owned(), input));
        }
        found
    }

    pub async fn open_uploads(&self) -> usize {
        let mut open = 0;
        for bucket in [self.archives(), self.crm()] {
            open += self.owner.send(Method::GET, "s3", &format!("/{bucket}?uploads"), "").await.matches("<Upload>").count();
        }
        open
    }

    pub async fn rotate_signer(&self, id: &str) {
        let value = json!({ "SecretId": self.signer_secret(), "SecretString": signer_key(id).to_string() });
        self.owner.call("secretsmanager", "secretsmanager.PutSecretValue", &value).await;
    }

    /// Creates the table of infra/template.yaml, which the caller passes in the environment.
    async fn make_table(&self) {
        let table =
            std::env::var("HOZON_CONTRACTS_TABLE").expect("HOZON_CONTRACTS_TABLE: the template's table, as CreateTable has it");
        let mut table: Value = serde_json::from_str(&table).expect("JSON");
        table["TableName"] = json!(self.name);
        self.owner.call("dynamodb", "DynamoDB_20120810.CreateTable", &table).await;
    }

    async fn make_state_machine(&self) {
        let definition = json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Succeed" } } }).to_string();
        let role = "arn:aws:iam::123456789012:role/archive";
        self.states("CreateStateMachine", &json!({ "name": self.name, "definition": definition, "roleArn": role })).await;
    }

    async fn make_secret(&self, name: &str, value: &Value) {
        let secret = json!({ "Name": name, "SecretString": value.to_string() });
        self.owner.call("secretsmanager", "secretsmanager.CreateSecret", &secret).await;
    }

    async fn states(&self, operation: &str, body: &Value) -> Value {
        self.owner.call("states", &format!("AWSStepFunctions.{operation}"), body).await
    }

    fn archives(&self) -> String {
        format!("{}-archives", self.name)
    }

    fn crm(&self) -> String {
        format!("{}-crm", self.name)
    }

    fn signer_secret(&self) -> String {
        format!("{}-signer", self.name)
    }

    fn state_machine(&self) -> String {
        format!("arn:aws:states:us-east-1:123456789012:stateMachine:{}", self.name)
    }
}

/// Keys in the payment provider's secret.
pub fn payment_keys() -> PaymentKeys {
    PaymentKeys { api_key: "sk_test_contracts".to_owned(), webhook_secret: "whsec_contracts".to_owned() }
}

fn signer_key(id: &str) -> Value {
    json!({ "id": id, "secret": "signer" })
}
