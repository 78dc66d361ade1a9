//! Every fixed text of the console, both languages side by side: a text that is missing in one does not compile.

macro_rules! words {
    ($($(#[$doc:meta])* $key:ident: $vi:literal | $en:literal;)*) => {
        /// The fixed texts of the console in one language. Texts with numbers in them are sentences of the pages.
        #[derive(Debug)]
        pub struct Words { $($(#[$doc])* pub $key: &'static str,)* }

        /// Vietnamese.
        pub static VI: Words = Words { $($key: $vi,)* };
        /// English.
        pub static EN: Words = Words { $($key: $en,)* };
        /// All of them as key, Vietnamese, English: for checks and for the reviewer of the wording.
        pub static TEXTS: &[(&str, &str, &str)] = &[$((stringify!($key), $vi, $en),)*];
    };
}

words! {
    // Around every page.
    /// Under the product's name.
    tagline: "Các mô hình điểm Đề án 06 tỉnh Quảng Bình" | "Project 06 pilot models of Quảng Bình";
    skip: "Chuyển đến nội dung chính" | "Skip to main content";
    home: "Trang đầu" | "Home";
    language: "Ngôn ngữ" | "Language";
    breadcrumb: "Vị trí của trang" | "Where this page is";
    synthetic_label: "Dữ liệu giả định" | "Synthetic data";
    synthetic_text: "Mọi người dân xuất hiện trên hệ thống này đều là người giả định, không có ai là người thật." | "Every person on this system is made up. Nobody shown here is real.";
    nav_label: "Các trang" | "Pages";
    nav_board: "Bảng theo dõi" | "Board";
    nav_analysis: "Phân tích dân cư" | "Population";
    nav_lodging: "Lưu trú đêm nay" | "Tonight's lodging";
    nav_try: "Thử một lượt" | "Try it";
    nav_sign_in: "Đăng nhập" | "Sign in";
    signed_in_as: "Đang đăng nhập:" | "Signed in:";
    sign_out: "Đăng xuất" | "Sign out";
    footer_plan: "Theo Kế hoạch 179/KH-TCTTKĐA ngày 09/11/2023 của Tổ công tác triển khai Đề án 06 tỉnh Quảng Bình." | "After Plan 179/KH-TCTTKĐA of 9 November 2023 by Quảng Bình's Project 06 Working Group.";
    footer_written: "Trang lập lúc" | "Page made at";

    // The board.
    board_title: "Bảng theo dõi các mô hình điểm" | "Board of the pilot models";
    summary_title: "Tóm tắt" | "Summary";
    models: "Mô hình điểm" | "Pilot models";
    running: "Đang chạy" | "Running";
    calls_today: "Lượt xử lý hôm nay" | "Calls today";
    calls_total: "Tổng số lượt xử lý" | "Calls in all";
    refused_today: "Yêu cầu bị từ chối hôm nay" | "Requests refused today";
    denials_today: "Lần truy cập dữ liệu bị chặn hôm nay" | "Data accesses blocked today";
    faults_today: "Lỗi hôm nay" | "Faults today";
    log_size: "Mục trong nhật ký" | "Entries in the log";
    log_root: "Điểm chốt" | "Checkpoint";
    log_none: "Chưa có điểm chốt" | "No checkpoint yet";
    figures_at: "Số liệu lúc" | "Figures at";
    reload: "Tải lại số liệu" | "Reload the figures";
    pause: "Tạm dừng cập nhật" | "Pause updates";
    resume: "Tiếp tục cập nhật" | "Resume updates";
    paused: "Đã tạm dừng cập nhật." | "Updates are paused.";
    unreachable: "Chưa lấy được số liệu mới, sẽ thử lại." | "New figures could not be fetched, trying again.";
    pilots_title: "Ứng dụng mô hình trên hệ thống" | "Pilots on this system";
    pilots_none: "Chưa có ứng dụng mô hình nào trên hệ thống." | "No pilot is on this system yet.";
    model: "Mô hình" | "Model";
    version: "Phiên bản" | "Version";
    indicators: "Chỉ số" | "Indicators";
    indicators_none: "Chưa có số liệu chỉ số." | "No indicator figures yet.";
    target: "Mục tiêu:" | "Target:";
    groups_nav: "Các nhóm mô hình" | "Groups of models";
    number: "Số" | "No.";
    lead: "Cơ quan chủ trì" | "Lead agency";
    lead_now: "Nay:" | "Now:";
    deadline: "Thời hạn theo kế hoạch" | "Deadline in the plan";
    state: "Tình trạng" | "Status";
    objective: "Mục tiêu" | "Objective";
    plan_targets: "Con số kế hoạch đặt ra" | "Numbers the plan sets";
    late_models: "Chậm so với kế hoạch" | "Late by the plan";
    not_counted: "Chưa có" | "None yet";

    // States of a model.
    state_planned: "Trong kế hoạch" | "In the plan";
    state_waiting: "Chờ phê duyệt" | "Awaiting approval";
    state_running: "Đang chạy" | "Running";
    state_late: "Chậm tiến độ" | "Late";
    state_disabled: "Đã tắt" | "Switched off";
    state_quarantined: "Cách ly" | "Quarantined";
    until: "đến" | "until";

    // The page of a pilot.
    vendor: "Đơn vị cung cấp" | "Vendor";
    package: "Mã ứng dụng" | "Pilot id";
    manifest_title: "Bản khai: xin quyền gì và để làm gì" | "Manifest: what it asks for and why";
    manifest_none: "Ứng dụng này không xin quyền năng nào." | "This pilot asks for no capability.";
    while_down: "Khi ứng dụng ngừng hoạt động" | "While the pilot is down";
    functions: "Chức năng" | "Functions";
    scope: "Phạm vi" | "Scope";
    scope_none: "Không mở thêm phạm vi nào" | "Nothing beyond the functions";
    purpose: "Mục đích" | "Purpose";
    legal_basis: "Căn cứ pháp lý" | "Legal basis";
    budget: "Hạn mức" | "Budget";
    rights_title: "Đã xin, đã cấp, có trong mã, đã dùng" | "Requested, granted, imported, used";
    rights_caption: "Từng chức năng của từng quyền năng" | "Function by function of each capability";
    rights_note: "“Có trong mã” đọc từ chính tệp nhị phân: chức năng không có ở đó thì ứng dụng không thể gọi." | "“Imported” is read off the binary itself: what is not there cannot be called.";
    versions_title: "Các phiên bản" | "Versions";
    versions_caption: "Mới nhất ở trên" | "Newest first";
    arrived: "Tiếp nhận lúc" | "Taken in";
    serves: "Đang phục vụ" | "In service";
    digest: "Mã băm của gói" | "Package digest";
    fields_title: "Đến từng trường dữ liệu" | "Down to the field";
    fields_caption: "Từng tên trong phạm vi của từng quyền năng" | "Every name in the scope of each capability";
    used_since: "“Đã dùng” đếm từ" | "“Used” counts since";
    used_note: "Lời gọi bị từ chối không được tính." | "A denied call does not count.";
    field: "Tên" | "Name";
    scope_key: "Trong phạm vi" | "Key of the scope";
    capability: "Quyền năng" | "Capability";
    officers_only: "Các lượt xử lý và số lần đã dùng chỉ hiển thị cho Tổ công tác, sở, ban, ngành và kiểm toán viên." | "Calls and how often each right was used are shown to the working group, departments and auditors.";
    calls_made: "Các lời gọi quyền năng" | "Capability calls made";
    no_calls: "Không có lời gọi nào." | "No calls.";
    asked_for: "Hỏi về" | "Asked for";
    verdict: "Kết luận" | "Verdict";
    allowed: "Cho phép" | "Allowed";
    denied: "Từ chối" | "Denied";
    unavailable: "Cho phép, nguồn không trả lời" | "Allowed, the source gave no answer";
    grant_line: "Dòng của quyền được cấp" | "Line of the grant";
    right: "Chức năng" | "Function";
    requested: "Đã xin" | "Requested";
    granted: "Đã cấp" | "Granted";
    imported: "Có trong mã" | "Imported";
    used: "Đã dùng" | "Used";
    unused: "Chưa dùng" | "Not used yet";
    used_along: "Đọc kèm câu trả lời" | "Read with an answer";
    yes: "Có" | "Yes";
    no: "Không" | "No";
    invocations_title: "Các lượt xử lý gần đây" | "Recent calls";
    invocations_caption: "Mới nhất ở trên. Không hiển thị dữ liệu của người dân." | "Newest first. No data of people is shown.";
    invocations_none: "Chưa có lượt xử lý nào." | "No calls yet.";
    time: "Thời điểm" | "Time";
    entry: "Việc xử lý" | "Operation";
    decision: "Kết quả" | "Outcome";
    fault: "Lỗi" | "Fault";
    denials: "Từ chối" | "Denials";
    evidence: "Bản ghi chứng cứ" | "Evidence record";

    // The page of an invocation.
    invocation: "Lượt xử lý" | "Call";
    summary: "Tóm tắt lượt xử lý" | "The call in short";
    event_time: "Thời điểm sự việc" | "When it happened";
    device: "Thiết bị" | "Device";
    clock_fast: "đồng hồ thiết bị nhanh (giây), thời điểm đã được chỉnh" | "seconds that its clock was fast; the time was put right";
    clock_slow: "đồng hồ thiết bị chậm (giây), thời điểm đã được chỉnh" | "seconds that its clock was slow; the time was put right";
    caller: "Người gọi" | "Caller";
    unit: "Đơn vị hành chính" | "Unit";
    facility: "Cơ sở" | "Facility";
    reasons: "Lý do" | "Reasons";
    effects: "Tác động ra ngoài" | "Effects";
    effects_none: "Không có" | "None taken";
    person: "Bí danh của người" | "Pseudonym of the person";
    funnel_caption: "Theo thứ tự; mỗi lời gọi qua một cửa duy nhất" | "In order; each went through the one gate";
    proof_title: "Bằng chứng trong nhật ký" | "Proof in the log";
    proof_note: "Máy chủ vừa tính lại: băm bản ghi, ghép với các mã băm bên dưới, so với gốc đã ký. Kiểm toán viên có thể làm lại bằng công cụ của mình." | "The server has just computed it anew: it hashed the record, combined it with the hashes below and compared with the signed root. An auditor can redo this with tools of their own.";
    proof_holds: "Bằng chứng đúng" | "The proof holds";
    proof_broken: "Bằng chứng không đúng: báo ngay cho kiểm toán viên" | "The proof does not hold: tell the auditor at once";
    leaf: "Mục trong nhật ký" | "Leaf of the log";
    leaf_hash: "Mã băm của mục (RFC 6962)" | "Leaf hash (RFC 6962)";
    siblings: "Các mã băm ghép, từ mục lên gốc" | "Sibling hashes, from the leaf to the root";
    siblings_none: "Không cần: nhật ký chỉ có một mục" | "None needed: the log has one entry";
    log_of: "Số mục của nhật ký đã ký" | "Entries of the signed log";
    root_hash: "Gốc của cây" | "Root of the tree";
    checkpoint_note: "Điểm chốt đã ký" | "Signed checkpoint";
    record_text: "Bản ghi nguyên văn (JSON chuẩn tắc)" | "The record itself (canonical JSON)";
    raw_proof: "Tải bằng chứng dạng văn bản" | "Download the proof as text";
    looked: "Lần xem này cũng được ghi vào nhật ký." | "This look was recorded in the log as well.";
    commitments: "Giá trị của người dân không có trong bản ghi: chỉ có cam kết băm có muối." | "No value of a person is in the record, only salted commitments.";

    // Signing in.
    sign_in_title: "Đăng nhập" | "Sign in as an officer or a desk";
    sign_in_lead: "Dán mã truy cập do Tổ công tác cấp. Mã không được lưu trên máy này; phiên làm việc kết thúc sau 8 giờ, hoặc sau 30 phút không dùng." | "Paste the access token that the working group gave you. It is not kept on this machine; the session ends after 8 hours, or after 30 minutes without use.";
    token: "Mã truy cập" | "Access token";
    token_hint: "Bắt đầu bằng ph_. Trên bản trình diễn, mã được in ra khi khởi động máy chủ." | "Begins with ph_. On a demonstration the host prints the tokens when it starts.";
    sign_in_button: "Vào hệ thống" | "Continue";
    sign_in_wrong: "Mã này không đúng hoặc đã bị thu hồi. Kiểm tra lại, hoặc xin Tổ công tác cấp mã mới." | "This token is wrong or was revoked. Check it, or ask the working group for a new one.";
    error_summary: "Có lỗi cần sửa" | "There is a problem";

    // Tonight's lodging.
    lodging_title: "Lưu trú đêm nay" | "Lodging tonight";
    lodging_model: "Mô hình 8" | "Model 8";
    lodging_since: "Khách đến từ" | "Arrivals since";
    lodging_caption: "Thông báo lưu trú theo cơ sở; nhiều thông báo ở trên" | "Notices of stay by facility; those with most notices first";
    lodging_none: "Không có cơ sở lưu trú nào ở đơn vị này." | "No lodging facility lies in this unit.";
    lodging_note: "Trang chỉ có số đếm, không có tên khách. “Muộn” gồm thông báo đến sau hạn và thông báo quá hạn chưa đến. Lần xem này được ghi vào nhật ký." | "Counts only, no guest is named. “Late” holds notices that came after their time and those that are owed and not there. This look was recorded.";
    notices_in_time: "Đúng hạn" | "In time";
    notices_late: "Muộn" | "Late notices";
    notices_rejected: "Bị từ chối" | "Rejected";
    notices_waiting: "Đang gửi, chưa đến hạn" | "On their way, not due";
    guests_staying: "Khách đang ở" | "Guests there";
    show: "Xem" | "Show";

    // Population figures.
    analysis_title: "Phân tích tình hình dân cư" | "Population figures for leaders";
    analysis_model: "Mô hình 29" | "Model 29";
    analysis_lead: "Ứng dụng mô hình 29 trả lời với vai trò của người đang đăng nhập; ô quá nhỏ bị ẩn." | "Pilot 29 answers, asked in the role of who is signed in; cells too small are hidden.";
    analysis_describe_lead: "Các câu hỏi của trang này chưa được mô tả. Cán bộ thống kê mô tả một lần, sau đó trang có số liệu." | "The questions of this page are not described yet. A statistics officer describes them once; then there are figures.";
    analysis_describe: "Mô tả các câu hỏi" | "Describe the questions";
    analysis_ask: "Các câu hỏi của trang này chưa được mô tả: đề nghị cán bộ thống kê mở trang này và mô tả." | "The questions of this page are not described yet: ask a statistics officer to open it and describe them.";
    residence: "Tình trạng cư trú" | "Residence";
    csv: "Tải bảng CSV" | "Download the table (CSV)";

    // Trying a card.
    try_title: "Thử một lượt quét thẻ" | "Try a card";
    try_lead: "Quét thẻ của một người giả định tại một quầy, rồi xem lượt xử lý đi từng bước đến bằng chứng." | "Scan a made-up person's card at a desk, then follow the call step by step to its proof.";
    try_no_desk: "Vai trò này không có quầy nào có đầu đọc. Đăng nhập bằng mã của một quầy, hoặc của Tổ công tác." | "This role has no desk with a reader. Sign in with the token of a desk, or of the working group.";
    try_desk: "Quầy và ứng dụng" | "Desk and pilot";
    try_simulated: "Đầu đọc giả lập" | "Simulated reader";
    try_person: "Thẻ của" | "Card of";
    try_person_hint: "Mọi người trong danh sách đều là người giả định." | "Everybody in the list is made up.";
    try_scan: "Quét thẻ này" | "Scan this card";
    try_own: "Dán hoặc chụp mã QR" | "Paste or photograph a QR code";
    try_card: "Văn bản của mã QR" | "Text of the QR code";
    try_card_hint: "Các trường cách nhau bằng dấu |. Chỉ dùng thẻ giả định." | "Fields are separated by |. Use made-up cards only.";
    try_send: "Gửi văn bản" | "Send the text";
    try_again: "Quét thẻ khác" | "Scan another card";
    camera_open: "Mở máy ảnh" | "Open the camera";
    camera_close: "Đóng máy ảnh" | "Close the camera";
    camera_none: "Không mở được máy ảnh: hãy dán văn bản của mã QR." | "The camera cannot be opened: paste the text of the code.";
    camera_found: "Đã đọc được mã. Bấm “Gửi văn bản”." | "A code was read. Press “Send the text”.";
    signal_green: "Đầu đọc hiện xanh" | "The reader shows green";
    signal_amber: "Đầu đọc hiện vàng" | "The reader shows amber";
    signal_red: "Đầu đọc hiện đỏ" | "The reader shows red";
    step_handle: "Thẻ thành tham chiếu" | "The card becomes a handle";
    step_handle_text: "Máy chủ đọc văn bản của thẻ, tìm người trong dữ liệu dân cư, và chỉ đưa cho thành phần một tham chiếu. Tên và số không vào thành phần." | "The host reads the card's text, finds the person in the register, and hands a reference to the component. Name and number do not go in.";
    step_grants: "Các quyền được cấp" | "Grants";
    step_grants_text: "Những dòng của quyền đã cấp quyết định các lời gọi dưới đây:" | "The lines of the grants that decided the calls below:";
    step_calls: "Các lời gọi qua cửa duy nhất" | "Calls through the one gate";
    step_leaf: "Bản ghi trong nhật ký" | "A record in the log";
    step_leaf_text: "Lượt xử lý và tác động của nó được ghi cùng lúc, trước khi quầy nhận câu trả lời." | "The call and its effects were committed together, before the desk got its answer.";
    step_proof: "Bằng chứng có mặt" | "Inclusion proof";

    // Pages that tell of a problem.
    problem_prefix: "Lỗi:" | "Error:";
    problem_next: "Việc cần làm tiếp" | "What to do next";
    problem_code: "Mã lỗi" | "Code";
    problem_request: "Mã yêu cầu, khi liên hệ hỗ trợ" | "Request id, when asking for help";
    problem_home: "Về trang đầu" | "Go to the first page";
    not_found_title: "Không tìm thấy trang này" | "This page was not found";
    not_found_detail: "Địa chỉ có thể đã gõ sai, hoặc trang đã được chuyển đi." | "The address may be mistyped, or the page has moved.";
    not_found_next: "Kiểm tra lại địa chỉ, hoặc bắt đầu từ trang đầu." | "Check the address, or start from the first page.";
    forbidden_title: "Vai trò này không xem được trang" | "This role may not see the page";
    forbidden_detail: "Trang này dành cho vai trò khác. Không có gì bị thay đổi." | "The page is for another role. Nothing was changed.";
    forbidden_next: "Chọn một trang khác trong danh sách ở đầu trang, hoặc đăng nhập với vai trò khác." | "Choose another page of the menu above, or sign in in another role.";
    foreign_title: "Yêu cầu đến từ trang khác" | "The request came from another site";
    foreign_detail: "Biểu mẫu phải được gửi từ chính trang này, trong phiên đang mở. Không có gì bị thay đổi." | "A form must be sent from this site, in the session that is open. Nothing was changed.";
    foreign_next: "Mở lại trang, rồi gửi biểu mẫu lần nữa." | "Open the page anew and send the form again.";
    busy_title: "Quá nhiều yêu cầu từ địa chỉ này" | "Too many requests from this address";
    busy_detail: "Máy chủ tạm không trả lời thêm để các nơi khác vẫn dùng được." | "The server answers no more for a moment, so that others can go on.";
    busy_next: "Chờ vài giây rồi tải lại trang." | "Wait some seconds, then load the page again.";
    broken_title: "Hệ thống không lập được trang này" | "The system could not make this page";
    broken_detail: "Lỗi nằm ở phía hệ thống và đã được ghi lại. Không có gì bị thay đổi." | "The fault is on our side and was logged. Nothing was changed.";
    broken_next: "Thử lại sau ít phút. Nếu vẫn lỗi, báo cho người vận hành kèm mã yêu cầu." | "Try again in a few minutes. If it stays, tell the operator the request id.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_text_is_empty_and_no_two_languages_are_alike() {
        assert!(TEXTS.len() > 50);
        for (key, vi, en) in TEXTS {
            assert!(!vi.trim().is_empty() && !en.trim().is_empty(), "{key} is empty");
            assert_eq!(vi.trim(), *vi, "{key} has spaces around");
            assert_eq!(en.trim(), *en, "{key} has spaces around");
            assert_ne!(vi, en, "{key} is not translated");
        }
    }

    #[test]
    fn vietnamese_is_written_composed() {
        // Combining marks (U+0300 to U+036F) would break searching and some fonts: texts are NFC.
        for (key, vi, _) in TEXTS {
            assert!(!vi.chars().any(|c| ('\u{300}'..='\u{36f}').contains(&c)), "{key}");
        }
    }

    #[test]
    fn every_text_is_used_by_a_page() {
        let sources: BTreeSet<&str> = [
            include_str!("../../templates/layout.html"),
            include_str!("../../templates/board.html"),
            include_str!("../../templates/rows.html"),
            include_str!("../../templates/pilot.html"),
            include_str!("../../templates/problem.html"),
            include_str!("../../templates/invocation.html"),
            include_str!("../../templates/calls.html"),
            include_str!("../../templates/proof.html"),
            include_str!("../../templates/sign_in.html"),
            include_str!("../../templates/lodging.html"),
            include_str!("../../templates/analysis.html"),
            include_str!("../../templates/try.html"),
            include_str!("../console/board.rs"),
            include_str!("../console/frame.rs"),
            include_str!("../console/pilot.rs"),
            include_str!("../console/pages.rs"),
            include_str!("../console/state.rs"),
            include_str!("../console/invocation.rs"),
            include_str!("../console/try_it.rs"),
        ]
        .into();
        for (key, ..) in TEXTS {
            let use_of = format!("words.{key}");
            let used = sources.iter().any(|source| {
                source.match_indices(&use_of).any(|(at, _)| {
                    let next = source.get(at + use_of.len()..).and_then(|rest| rest.chars().next());
                    !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
                })
            });
            assert!(used, "{key} is used nowhere: remove it");
        }
    }
}
