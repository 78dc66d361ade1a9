//! What a person at a desk does next when a call gave no outcome: no name of a field, no word of the API.

use super::Lang;

/// Code of the problem, Vietnamese, English.
const NEXT: [(&str, &str, &str); 19] = [
    (
        "pilot-disabled",
        "Làm theo hướng dẫn trên. Tổ công tác có thể bật lại ứng dụng.",
        "Go on as said above. The working group can switch the pilot on again.",
    ),
    (
        "pilot-quarantined",
        "Làm theo hướng dẫn trên, rồi thử lại sau ít phút.",
        "Go on as said above, and try again in some minutes.",
    ),
    ("unknown-pilot", "Chọn ứng dụng khác trên bảng theo dõi.", "Choose another pilot on the board."),
    ("unknown-operation", "Chọn việc khác của ứng dụng này.", "Choose something else that this pilot does."),
    (
        "invalid-input",
        "Sửa các ô được nêu rồi gửi lại. Chưa có gì được ghi.",
        "Correct the fields that are named, and send it again. Nothing was recorded.",
    ),
    (
        "person-not-taken",
        "Đọc lại thẻ, hoặc đối chiếu số với người dân rồi thử lại.",
        "Read the card again, or check the number with the person and try again.",
    ),
    (
        "refused-by-pilot",
        "Làm theo lý do nêu trên rồi gửi lại. Chưa có gì được thực hiện.",
        "Mend what is said above, and send it again. Nothing was done.",
    ),
    (
        "pilot-failed",
        "Chưa có gì được thực hiện. Làm theo hướng dẫn trên và báo Tổ công tác.",
        "Nothing was done. Go on as said above, and tell the working group.",
    ),
    (
        "overloaded",
        "Chưa có gì được thực hiện. Chờ một lát rồi gửi lại.",
        "Nothing was done. Wait a moment, then send it again.",
    ),
    (
        "term-over",
        "Không có gì phải sửa. Làm theo hướng dẫn trên và báo Tổ công tác.",
        "There is nothing to correct. Go on as said above, and tell the working group.",
    ),
    (
        "invalid-reference",
        "Tải lại trang rồi gửi lại: mỗi lượt cần một mã riêng, từ 1 đến 64 ký tự.",
        "Load the page anew and send it again: each attempt has a reference of its own, of 1 to 64 characters.",
    ),
    (
        "invalid-captured-at",
        "Kiểm tra ngày giờ đã nhập rồi gửi lại.",
        "Check the day and time that were entered, and send it again.",
    ),
    ("device-busy", "Chờ vài giây rồi đọc lại thẻ.", "Wait some seconds, then read the card again."),
    (
        "device-clock",
        "Chỉnh đồng hồ của thiết bị cho đúng giờ rồi đọc lại thẻ.",
        "Set the clock of the device right, then read the card again.",
    ),
    (
        "evidence-spent",
        "Làm theo hướng dẫn trên, rồi thử lại sau một phút.",
        "Go on as said above, and try again in a minute.",
    ),
    (
        "device-signature-form",
        "Báo người phụ trách phần mềm của thiết bị: thiết bị gửi sai dạng.",
        "Tell who looks after the device's software: it sends in a form that is not taken.",
    ),
    (
        "device-replayed",
        "Đọc lại thẻ trên thiết bị. Lượt đã ghi không bị thực hiện hai lần.",
        "Read the card again on the device. What was recorded is not done twice.",
    ),
    (
        "data-damaged",
        "Chưa có gì được thực hiện. Báo người vận hành hệ thống và làm theo quy trình giấy.",
        "Nothing was done. Tell the operator, and go on by the paper procedure.",
    ),
    (
        "log-damaged",
        "Báo ngay cho người vận hành và kiểm toán viên, làm theo quy trình giấy.",
        "Tell the operator and the auditor at once, and go on by the paper procedure.",
    ),
];

/// What to do after a problem of this kind; none where its general advice already speaks to people.
pub fn desk_next(lang: Lang, code: &str) -> Option<&'static str> {
    NEXT.iter().find(|(known, ..)| *known == code).map(|(_, vi, en)| lang.pick(*vi, *en))
}
