//! Words of the sample: people, companies, products and sentences of a trading company's CRM.

/// A family or given name, and its Latin transcription.
type Name = (&'static str, &'static str);

pub const FAMILY: [Name; 24] = [
    ("佐藤", "sato"),
    ("鈴木", "suzuki"),
    ("高橋", "takahashi"),
    ("田中", "tanaka"),
    ("伊藤", "ito"),
    ("渡辺", "watanabe"),
    ("山本", "yamamoto"),
    ("中村", "nakamura"),
    ("小林", "kobayashi"),
    ("加藤", "kato"),
    ("吉田", "yoshida"),
    ("山田", "yamada"),
    ("佐々木", "sasaki"),
    ("山口", "yamaguchi"),
    ("松本", "matsumoto"),
    ("井上", "inoue"),
    ("木村", "kimura"),
    ("林", "hayashi"),
    ("斎藤", "saito"),
    ("清水", "shimizu"),
    ("山崎", "yamazaki"),
    ("森", "mori"),
    ("池田", "ikeda"),
    ("橋本", "hashimoto"),
];

pub const GIVEN: [Name; 20] = [
    ("美咲", "misaki"),
    ("健一", "kenichi"),
    ("陽菜", "hina"),
    ("大輔", "daisuke"),
    ("直美", "naomi"),
    ("翔太", "shota"),
    ("恵子", "keiko"),
    ("拓也", "takuya"),
    ("由美", "yumi"),
    ("誠", "makoto"),
    ("香織", "kaori"),
    ("和也", "kazuya"),
    ("真由美", "mayumi"),
    ("浩", "hiroshi"),
    ("さくら", "sakura"),
    ("亮", "ryo"),
    ("智子", "tomoko"),
    ("隆", "takashi"),
    ("彩", "aya"),
    ("修", "osamu"),
];

/// People whose names are written in Latin letters, with the beginnings of their mail addresses.
pub const ABROAD: [Name; 10] = [
    ("Anna Kowalska", "anna.kowalska"),
    ("José García", "jose.garcia"),
    ("Jürgen Müller", "juergen.mueller"),
    ("Linh Nguyễn", "linh.nguyen"),
    ("Siobhán O'Brien", "siobhan.obrien"),
    ("Kai Øystein", "kai.oystein"),
    ("Emily Smith", "emily.smith"),
    ("Marco Rossi", "marco.rossi"),
    ("Chloé Martin", "chloe.martin"),
    ("David Chen", "david.chen"),
];

/// Sales people of the sample organisation.
pub const OWNERS: [&str; 5] = ["佐藤 美咲", "田中 健一", "鈴木 大輔", "山本 由美", "高橋 翔太"];

/// First parts of company names, with their domains.
pub const COMPANY: [Name; 40] = [
    ("富士", "fuji"),
    ("大和", "yamato"),
    ("青葉", "aoba"),
    ("東海", "tokai"),
    ("北斗", "hokuto"),
    ("みなと", "minato"),
    ("瀬戸内", "setouchi"),
    ("中央", "chuo"),
    ("さくら", "sakura"),
    ("日の出", "hinode"),
    ("若葉", "wakaba"),
    ("旭", "asahi"),
    ("平和", "heiwa"),
    ("光陽", "koyo"),
    ("白山", "hakusan"),
    ("三河", "mikawa"),
    ("千歳", "chitose"),
    ("武蔵", "musashi"),
    ("相模", "sagami"),
    ("播磨", "harima"),
    ("越後", "echigo"),
    ("信濃", "shinano"),
    ("美濃", "mino"),
    ("伊勢", "ise"),
    ("近江", "omi"),
    ("丹波", "tanba"),
    ("出雲", "izumo"),
    ("土佐", "tosa"),
    ("薩摩", "satsuma"),
    ("琉球", "ryukyu"),
    ("蝦夷", "ezo"),
    ("陸奥", "mutsu"),
    ("常磐", "joban"),
    ("湘南", "shonan"),
    ("灘", "nada"),
    ("堺", "sakai"),
    ("神田", "kanda"),
    ("浪速", "naniwa"),
    ("鳳", "otori"),
    ("扇", "ogi"),
];

/// Last parts of company names, with their industries.
pub const TRADE: [(&str, &str); 25] = [
    ("精工", "製造"),
    ("電機", "製造"),
    ("製作所", "製造"),
    ("化学", "化学"),
    ("食品", "食品"),
    ("物流", "運輸・物流"),
    ("運輸", "運輸・物流"),
    ("商事", "卸売"),
    ("物産", "卸売"),
    ("建設", "建設"),
    ("工務店", "建設"),
    ("不動産", "不動産"),
    ("システム", "情報通信"),
    ("ソフトウェア", "情報通信"),
    ("通信", "情報通信"),
    ("印刷", "印刷"),
    ("出版", "出版"),
    ("医療機器", "医療"),
    ("薬品", "医療"),
    ("繊維", "繊維"),
    ("家具", "小売"),
    ("百貨店", "小売"),
    ("観光", "サービス"),
    ("警備保障", "サービス"),
    ("環境サービス", "サービス"),
];

pub const BRANCHES: [&str; 10] = ["東京", "大阪", "名古屋", "福岡", "札幌", "仙台", "広島", "金沢", "高松", "那覇"];

pub const PRODUCTS: [(&str, u64); 12] = [
    ("業務用プリンター", 248_000),
    ("バーコードリーダー", 32_800),
    ("ラベル用紙", 4_200),
    ("ハンディターミナル", 98_000),
    ("サーマルヘッド", 15_500),
    ("据置スキャナー", 64_000),
    ("無線アクセスポイント", 41_000),
    ("在庫管理ソフト", 180_000),
    ("年間保守", 120_000),
    ("電源ユニット", 9_800),
    ("延長ケーブル", 1_800),
    ("交換用バッテリー", 7_600),
];

/// Notes about people and companies.
pub const NOTES: [&str; 14] = [
    "見積書を送付済み。返答待ち。",
    "来週の火曜日に訪問予定。",
    "展示会で名刺交換。新製品に関心あり。",
    "予算は3月に決定とのこと。",
    "メールでの連絡を希望。電話は午後のみ。",
    "契約更新の確認を11月中に行う。",
    "第2倉庫への納品（ゲートB）。",
    "担当者が4月に異動。後任は未定。",
    "競合他社の製品と比較中。",
    "Asked for an English quotation.",
    "Said \"call me after the holidays\".",
    "支払条件: 月末締め翌月末払い。",
    "=SUM(B2:B14) と書かれた表を受領。確認中。",
    "導入事例の資料を送付。\n次回の打ち合わせで説明する。",
];

pub const TASKS: [&str; 8] = [
    "見積書を送付する",
    "契約書を確認する",
    "デモの日程を調整する",
    "請求書を再発行する",
    "訪問後のお礼メールを送る",
    "価格表を更新する",
    "保守契約の更新を案内する",
    "Send the English brochure",
];

pub const CALLS: [&str; 8] = [
    "見積内容の確認",
    "納期の相談",
    "製品デモの依頼",
    "請求書について",
    "不具合の問い合わせ",
    "契約更新の案内",
    "新製品のご紹介",
    "打ち合わせの日程調整",
];
