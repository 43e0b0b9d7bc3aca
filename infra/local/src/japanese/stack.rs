//! Japanese texts of errors of stacks.

use hozon_shared::aws::StackError;

pub fn error(error: &StackError) -> String {
    match error {
        StackError::NoRegion => "AWSのリージョンが設定されていません。AWS_REGION を設定するか、--region で指定してください".to_owned(),
        StackError::Credentials(_) => {
            "使用できるAWSの認証情報がありません。AWS_ACCESS_KEY_ID と AWS_SECRET_ACCESS_KEY、プロファイル、またはロールを設定してください"
                .to_owned()
        }
        StackError::NotFound { stack, region } => {
            format!("リージョン {region} にスタック {stack} はありません。名前、リージョン、アカウントを確認してください")
        }
        StackError::NotPermitted(stack) => format!(
            "認証情報にスタック {stack} を参照する権限がありません。スタックの出力にあるポリシー CaptureProgram をロールにアタッチしてください"
        ),
        StackError::AnotherKind { stack, output } => format!(
            "スタック {stack} に出力 {output} がありません。このサービスのスタックではないか、以前のバージョンです。スタックを更新してください"
        ),
        StackError::Unreachable(_) => "CloudFormationにスタックを問い合わせできませんでした".to_owned(),
    }
}
