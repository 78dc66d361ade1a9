//! What each kind of problem means, in both languages: the title of a problem, and the page that its `type` leads to.

/// A kind of problem.
pub(super) struct Kind {
    /// Stable name: the last part of `type`.
    pub(super) code: &'static str,
    /// What is the matter, in English.
    pub(super) en: &'static str,
    /// The same in Vietnamese.
    pub(super) vi: &'static str,
    /// What to do, in English.
    pub(super) next_en: &'static str,
    /// The same in Vietnamese.
    pub(super) next_vi: &'static str,
}

const fn kind(
    code: &'static str,
    en: &'static str,
    vi: &'static str,
    next_en: &'static str,
    next_vi: &'static str,
) -> Kind {
    Kind { code, en, vi, next_en, next_vi }
}

/// A package that the door refuses: one next step for all, as the problem itself names the place.
const fn door(code: &'static str, en: &'static str, vi: &'static str) -> Kind {
    kind(
        code,
        en,
        vi,
        "Nothing was stored. Change what `detail` and `help` name, build and sign the package again, and send it again.",
        "Chưa có gì được lưu. Sửa chỗ nêu trong `detail` và `help`, đóng gói, ký lại rồi gửi lại.",
    )
}

/// A signer that is not trusted.
const fn signer(code: &'static str, en: &'static str, vi: &'static str) -> Kind {
    kind(
        code,
        en,
        vi,
        "Sign with a key that is in force, or ask the working group to trust the vendor's key.",
        "Ký bằng khóa còn hiệu lực, hoặc đề nghị tổ công tác công nhận khóa của nhà cung cấp.",
    )
}

/// A fault of the host itself.
const fn host(code: &'static str, en: &'static str, vi: &'static str) -> Kind {
    kind(
        code,
        en,
        vi,
        "Nothing was changed. Tell the operator the `instance` of the problem; go on by the paper procedure meanwhile.",
        "Chưa có gì thay đổi. Báo người vận hành giá trị `instance`; trong lúc chờ, làm theo quy trình giấy.",
    )
}

/// The kind of this name.
pub(super) fn find(code: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.code == code)
}

/// All kinds.
pub(super) const KINDS: &[Kind] = &[
    // Calls of pilots.
    kind(
        "unknown-pilot",
        "No such pilot",
        "Không có ứng dụng mô hình này",
        "Look at the board for the pilots of this host, and correct the path.",
        "Xem bảng theo dõi để biết các ứng dụng của máy chủ này rồi sửa đường dẫn.",
    ),
    kind(
        "pilot-disabled",
        "The pilot is switched off",
        "Ứng dụng mô hình đang tắt",
        "Go on as `while_down` says. The working group can switch it on again.",
        "Làm theo hướng dẫn trong `while_down`. Tổ công tác có thể bật lại.",
    ),
    kind(
        "pilot-quarantined",
        "The pilot is set aside",
        "Ứng dụng mô hình đang bị cách ly",
        "Go on as `while_down` says, and try again after the seconds of Retry-After.",
        "Làm theo hướng dẫn trong `while_down`, thử lại sau số giây nêu ở Retry-After.",
    ),
    kind(
        "evidence-spent",
        "The pilot has made as much evidence as it may in a minute",
        "Ứng dụng đã ghi hết mức chứng cứ cho phép trong một phút",
        "Go on as `while_down` says, and try again after the seconds of Retry-After.",
        "Làm theo hướng dẫn trong `while_down`, thử lại sau số giây nêu ở Retry-After.",
    ),
    kind(
        "unknown-operation",
        "No such operation",
        "Không có thao tác này",
        "See the operations of the pilot under /v1/pilots/{pilot}, and correct the path.",
        "Xem các thao tác của ứng dụng tại /v1/pilots/{pilot} rồi sửa đường dẫn.",
    ),
    kind(
        "role-not-allowed",
        "The role may not do this",
        "Vai trò không được phép",
        "Use a credential whose role may; the working group gives credentials out.",
        "Dùng thông tin xác thực có vai trò được phép; tổ công tác là nơi cấp.",
    ),
    kind(
        "invalid-input",
        "The input does not fit its schema",
        "Dữ liệu vào không đúng lược đồ",
        "Correct each field that `errors` names, and send the request again under the same reference.",
        "Sửa từng trường nêu trong `errors` rồi gửi lại với cùng mã tham chiếu.",
    ),
    kind(
        "person-not-taken",
        "A person of the input was not taken",
        "Không nhận được thông tin người trong yêu cầu",
        "Read the card again, or check the number with the person; `errors` names the field.",
        "Đọc lại thẻ hoặc kiểm tra lại số với người đó; `errors` nêu trường cần sửa.",
    ),
    kind(
        "refused-by-pilot",
        "The pilot refused the request",
        "Ứng dụng mô hình từ chối yêu cầu",
        "Read `words`, correct the field that `errors` names, and send it again.",
        "Đọc `words`, sửa trường nêu trong `errors` rồi gửi lại.",
    ),
    kind(
        "pilot-failed",
        "The component failed",
        "Thành phần gặp lỗi",
        "Nothing was done. Go on as `while_down` says; the vendor finds the failure under `evidence`.",
        "Chưa có gì được thực hiện. Làm theo `while_down`; nhà cung cấp tra lỗi theo `evidence`.",
    ),
    kind(
        "key-taken",
        "The number belongs to something else",
        "Số này đã dùng cho việc khác",
        "Nothing was kept or sent. Enter it under a number that was not used before, and tell the operator.",
        "Chưa có gì được lưu hay gửi. Nhập lại với một số chưa dùng và báo người vận hành.",
    ),
    kind(
        "reference-used",
        "The reference was used for something else",
        "Mã tham chiếu đã dùng cho yêu cầu khác",
        "Give each request a reference of its own; repeat one only with the same content.",
        "Mỗi yêu cầu dùng một mã tham chiếu riêng; chỉ dùng lại mã khi gửi lại đúng nội dung cũ.",
    ),
    kind(
        "invalid-reference",
        "The reference is malformed",
        "Mã tham chiếu không hợp lệ",
        "Send 1 to 64 printable characters as `reference` or in the header Idempotency-Key.",
        "Gửi 1 đến 64 ký tự in được trong `reference` hoặc tiêu đề Idempotency-Key.",
    ),
    kind(
        "invalid-captured-at",
        "The time of the event cannot be",
        "Thời điểm ghi nhận không hợp lệ",
        "Send the time as RFC 3339 with its offset; a device always sends it.",
        "Gửi thời điểm theo RFC 3339, có múi giờ; thiết bị luôn phải gửi.",
    ),
    kind(
        "captured-in-future",
        "The event lies in the future",
        "Thời điểm ghi nhận ở tương lai",
        "Nothing was done. Set the clock of the device right, then read the card again.",
        "Chưa có gì được thực hiện. Chỉnh lại đồng hồ thiết bị rồi đọc lại thẻ.",
    ),
    kind(
        "captured-too-long-ago",
        "The event is too old",
        "Lượt đọc đã quá cũ",
        "Nothing was done. Enter the case by hand, with its paper.",
        "Chưa có gì được thực hiện. Nhập trường hợp này bằng tay, kèm giấy tờ.",
    ),
    // Devices.
    kind(
        "device-unknown",
        "The device is not enrolled",
        "Thiết bị chưa đăng ký",
        "Have the working group enrol the device for its facility, with its public key.",
        "Đề nghị tổ công tác đăng ký thiết bị cho cơ sở bằng khóa công khai của thiết bị.",
    ),
    kind(
        "device-revoked",
        "The device was revoked",
        "Thiết bị đã bị thu hồi",
        "Take the device out of use, and ask the working group for another.",
        "Ngừng dùng thiết bị này và đề nghị tổ công tác cấp thiết bị khác.",
    ),
    kind(
        "device-signature",
        "The signature is not the device's",
        "Chữ ký không phải của thiết bị này",
        "Nothing was done. Sign what is sent, with the key that was enrolled; the address is signed as it is called.",
        "Chưa có gì được thực hiện. Ký đúng nội dung gửi đi bằng khóa đã đăng ký; địa chỉ được ký đúng như khi gọi.",
    ),
    kind(
        "device-signature-form",
        "The signature has another form",
        "Chữ ký không đúng dạng",
        "Sign as /openapi.json says: RFC 9421 over method, target URI and content digest, with created, keyid and nonce.",
        "Ký như /openapi.json mô tả: RFC 9421 trên phương thức, địa chỉ và mã băm nội dung, kèm created, keyid, nonce.",
    ),
    kind(
        "device-signature-expired",
        "The signature's own term is over",
        "Chữ ký đã hết hạn",
        "Nothing was done. Sign the request anew; where it happens again, set the clock of the device right.",
        "Chưa có gì được thực hiện. Ký lại yêu cầu; nếu vẫn vậy, chỉnh đồng hồ thiết bị.",
    ),
    kind(
        "device-host",
        "The request is for another host",
        "Yêu cầu gửi cho máy chủ khác",
        "Nothing was done. Send it to this host's own name; the operator names further ones with --authority.",
        "Chưa có gì được thực hiện. Gửi đến đúng tên máy chủ này; người vận hành khai báo thêm tên bằng --authority.",
    ),
    kind(
        "device-body",
        "The body was changed on its way",
        "Nội dung bị thay đổi trên đường truyền",
        "Nothing was done. Send the request again; where it happens again, look at the network between.",
        "Chưa có gì được thực hiện. Gửi lại yêu cầu; nếu vẫn vậy, kiểm tra đường truyền.",
    ),
    kind(
        "device-clock",
        "The clock of the device is off",
        "Đồng hồ thiết bị sai lệch",
        "Nothing was done. Set the clock right by the seconds in `clock_ahead_seconds`, and sign and send again.",
        "Chưa có gì được thực hiện. Chỉnh đồng hồ theo số giây trong `clock_ahead_seconds` rồi ký và gửi lại.",
    ),
    kind(
        "device-replayed",
        "The signature was used before, or may have been",
        "Chữ ký đã được dùng hoặc có thể đã được dùng",
        "Sign each request anew, with another nonce; an event keeps its reference, so it is never done twice.",
        "Mỗi yêu cầu phải ký mới với nonce khác; lượt đọc giữ nguyên mã tham chiếu nên không bị thực hiện hai lần.",
    ),
    kind(
        "device-busy",
        "The device sends too many requests",
        "Thiết bị gửi quá nhiều yêu cầu",
        "Wait the seconds of Retry-After, and send events together as a backlog.",
        "Chờ số giây nêu ở Retry-After và gửi gộp các lượt đọc.",
    ),
    kind(
        "other-facility",
        "Another facility's credential or device",
        "Thông tin xác thực hoặc thiết bị của cơ sở khác",
        "Use a device or credential of the facility that the request names.",
        "Dùng thiết bị hoặc thông tin xác thực của đúng cơ sở nêu trong yêu cầu.",
    ),
    kind(
        "reading-used",
        "The code or result was used before",
        "Mã hoặc kết quả đã được sử dụng",
        "Have the person make a new code, or read the person again; each is good once.",
        "Đề nghị người dân tạo mã mới hoặc đọc lại; mỗi mã chỉ dùng được một lần.",
    ),
    kind(
        "busy",
        "Others changed the same records",
        "Dữ liệu đang được người khác thay đổi",
        "Send the same request again after a second, under the same reference.",
        "Gửi lại đúng yêu cầu đó sau một giây với cùng mã tham chiếu.",
    ),
    kind(
        "term-over",
        "A grant of the pilot has ended",
        "Quyền đã cấp cho ứng dụng đã hết hạn",
        "There is nothing to correct in the request. Go on by the paper procedure; the working group renews the grant.",
        "Yêu cầu không có gì phải sửa. Làm theo quy trình giấy; tổ công tác gia hạn quyền cho ứng dụng.",
    ),
    kind(
        "overloaded",
        "Too many calls are under way",
        "Đang có quá nhiều lượt xử lý cùng lúc",
        "Nothing was done. Wait as long as the answer says, then send the same request again under the same reference.",
        "Chưa có gì được thực hiện. Chờ đủ thời gian nêu trong câu trả lời rồi gửi lại đúng yêu cầu đó với cùng mã tham chiếu.",
    ),
    kind(
        "not-kept",
        "The host cannot keep its record",
        "Máy chủ chưa ghi được bản ghi",
        "Nothing was done. Try again; where it stays so, tell the operator and go on by paper.",
        "Chưa có gì được thực hiện. Thử lại; nếu vẫn vậy, báo người vận hành và làm theo quy trình giấy.",
    ),
    kind(
        "disk-full",
        "The disk of the host is full",
        "Ổ đĩa của máy chủ đã đầy",
        "Nothing was done. Tell the operator, who frees space; go on by the paper procedure meanwhile.",
        "Chưa có gì được thực hiện. Báo người vận hành để giải phóng chỗ trống; trong lúc chờ, làm theo quy trình giấy.",
    ),
    kind(
        "disk-read-only",
        "The disk of the host takes no writes",
        "Ổ đĩa của máy chủ không cho ghi",
        "Nothing was done. Tell the operator, who mounts it writable; go on by the paper procedure meanwhile.",
        "Chưa có gì được thực hiện. Báo người vận hành gắn lại ổ đĩa ở chế độ ghi được; trong lúc chờ, làm theo quy trình giấy.",
    ),
    kind(
        "disk-failed",
        "The disk of the host failed",
        "Ổ đĩa của máy chủ gặp lỗi",
        "Whether it was kept is known when the host has started again: send it then under the same reference. Tell the operator to look after the disk.",
        "Khi máy chủ khởi động lại mới biết yêu cầu đã được ghi hay chưa: lúc đó gửi lại với cùng mã tham chiếu. Báo người vận hành kiểm tra ổ đĩa.",
    ),
    kind(
        "data-damaged",
        "What the host has stored is damaged",
        "Dữ liệu lưu trên máy chủ bị hỏng",
        "Tell the operator: `pilot audit verify` names what is damaged. Go on by the paper procedure meanwhile.",
        "Báo người vận hành: lệnh `pilot audit verify` nêu chỗ bị hỏng. Trong lúc chờ, làm theo quy trình giấy.",
    ),
    kind(
        "log-damaged",
        "The record does not verify",
        "Sổ ghi chứng cứ không khớp",
        "Keep the data folder as it is, tell the auditor what `detail` names, and compare it with the latest back-up.",
        "Giữ nguyên thư mục dữ liệu, báo kiểm toán viên chỗ nêu trong `detail` và đối chiếu với bản sao lưu gần nhất.",
    ),
    kind(
        "too-much-to-keep",
        "More than the host keeps in one step",
        "Nhiều hơn mức máy chủ lưu trong một lần",
        "Nothing was changed. Send less, or in several steps.",
        "Chưa có gì thay đổi. Gửi ít hơn hoặc chia thành nhiều lần.",
    ),
    // What officers decide.
    kind(
        "not-found",
        "There is no such thing",
        "Không tìm thấy",
        "Look at the list of those that are there, and correct the id.",
        "Xem danh sách hiện có rồi sửa lại mã.",
    ),
    kind(
        "not-granted",
        "No grant covers it",
        "Chưa được cấp quyền",
        "Request the grants that `functions` names; two officers approve them. The version in service stays.",
        "Đề nghị cấp quyền cho các hàm trong `functions`; hai cán bộ phê duyệt. Phiên bản đang chạy vẫn giữ nguyên.",
    ),
    kind(
        "wider",
        "The version opens what nobody has approved",
        "Phiên bản mở thêm điều chưa được phê duyệt",
        "Have what `wider` names approved with the command in `ask`; two officers approve it. The version in service goes on.",
        "Đề nghị phê duyệt những điều nêu trong `wider` bằng lệnh ở `ask`; hai cán bộ phê duyệt. Phiên bản đang chạy vẫn giữ nguyên.",
    ),
    kind(
        "other-vendor",
        "The pilot belongs to another vendor",
        "Ứng dụng thuộc nhà cung cấp khác",
        "Give the new pilot an id of its own, or ask for a hand-over, which two officers approve.",
        "Đặt mã riêng cho ứng dụng mới, hoặc đề nghị bàn giao ứng dụng; hai cán bộ phê duyệt.",
    ),
    kind(
        "older-version",
        "An older version needs two approvals",
        "Quay lại phiên bản cũ cần hai người phê duyệt",
        "Ask for the way back with the command in `ask`; two officers approve it. Switching off needs one officer and no waiting.",
        "Đề nghị quay lại bằng lệnh ở `ask`; hai cán bộ phê duyệt. Tắt ứng dụng thì một cán bộ làm được ngay.",
    ),
    kind(
        "last-officers",
        "Two officers must remain",
        "Phải còn ít nhất hai cán bộ",
        "Give another officer a credential and have it confirmed, then end this one.",
        "Cấp thông tin đăng nhập cho một cán bộ khác và xác nhận, sau đó mới thu hồi.",
    ),
    kind(
        "other-department",
        "The pilot belongs to another department",
        "Ứng dụng do đơn vị khác phụ trách",
        "Use the credential of the department that answers for the pilot; the working group gives credentials out.",
        "Dùng thông tin xác thực của đơn vị phụ trách ứng dụng; tổ công tác là nơi cấp.",
    ),
    kind(
        "grant.own-request",
        "Nobody approves a grant of their own asking",
        "Không tự phê duyệt đề nghị của mình",
        "Let another officer approve it.",
        "Để cán bộ khác phê duyệt.",
    ),
    kind(
        "grant.second-eyes-needed",
        "A second officer must approve",
        "Cần cán bộ thứ hai phê duyệt",
        "Let an officer approve who has not approved it yet.",
        "Để một cán bộ chưa phê duyệt đề nghị này phê duyệt.",
    ),
    kind(
        "own-credential",
        "Nobody confirms a credential that counts as their own",
        "Không tự xác nhận thông tin đăng nhập do chính mình cấp",
        "Let another officer confirm that it is another person's.",
        "Để cán bộ khác xác nhận đó là của người khác.",
    ),
    kind(
        "grant.not-waiting",
        "The grant waits for no approval",
        "Quyền này không chờ phê duyệt",
        "Look at its state; a withdrawn grant is requested anew.",
        "Xem trạng thái; quyền đã thu hồi phải đề nghị lại từ đầu.",
    ),
    kind(
        "version-exists",
        "The version exists with other content",
        "Phiên bản đã có với nội dung khác",
        "Give the new build another version, and sign it again.",
        "Đặt số phiên bản khác cho bản mới rồi ký lại.",
    ),
    kind(
        "exists-already",
        "It is there already",
        "Đã tồn tại",
        "Nothing was changed. Look at the list; a device that was revoked gets a new key before it is enrolled again.",
        "Chưa có gì thay đổi. Xem danh sách; thiết bị đã thu hồi phải tạo khóa mới trước khi đăng ký lại.",
    ),
    kind(
        "invalid-setting",
        "A setting does not fit",
        "Thiết lập không hợp lệ",
        "Correct the setting that `errors` names; nothing was changed.",
        "Sửa thiết lập nêu trong `errors`; chưa có gì thay đổi.",
    ),
    kind(
        "person-without-card",
        "The person has no card",
        "Người này chưa có thẻ",
        "Choose a synthetic person who has one.",
        "Chọn một người giả định có thẻ.",
    ),
    kind(
        "no-demonstration",
        "This is no demonstration",
        "Đây không phải bản trình diễn",
        "Nothing was changed. Use a demonstration's data folder for this.",
        "Chưa có gì thay đổi. Hãy dùng thư mục dữ liệu của bản trình diễn cho việc này.",
    ),
    host("issuers", "The list of issuers cannot be read", "Không đọc được danh sách đơn vị cấp thẻ"),
    kind(
        "changed-meanwhile",
        "It was changed meanwhile",
        "Dữ liệu đã thay đổi",
        "Read it again, decide again, and send the new ETag as If-Match.",
        "Đọc lại, quyết định lại và gửi ETag mới trong If-Match.",
    ),
    kind(
        "values-destroyed",
        "The values were destroyed",
        "Giá trị đã bị hủy",
        "The record and its proof stay; a replay is no longer possible.",
        "Bản ghi và chứng cứ vẫn còn; không thể chạy lại.",
    ),
    kind(
        "values-unwritten",
        "The values were too many to be kept",
        "Giá trị quá nhiều nên không được lưu",
        "The record has their number and a commitment; a replay is not possible.",
        "Bản ghi có số lượt và cam kết mật mã; không thể chạy lại.",
    ),
    kind(
        "malformed",
        "A field is malformed",
        "Trường không đúng dạng",
        "Correct what `detail` names, and send it again.",
        "Sửa chỗ nêu trong `detail` rồi gửi lại.",
    ),
    kind(
        "not-compiled",
        "The component cannot be compiled",
        "Không biên dịch được thành phần",
        "Send the problem to the vendor: the component is larger or deeper than the compiler may work on.",
        "Chuyển lỗi cho nhà cung cấp: thành phần lớn hoặc sâu hơn mức trình biên dịch được phép xử lý.",
    ),
    kind(
        "trial-failed",
        "The component failed its trial",
        "Thành phần không qua chạy thử",
        "Send the problem to the vendor: the component must describe itself without any right.",
        "Chuyển lỗi cho nhà cung cấp: thành phần phải tự mô tả được khi chưa có quyền nào.",
    ),
    kind(
        "schemas-differ",
        "The component describes other operations than its package",
        "Thành phần mô tả thao tác khác với gói",
        "Build the package again with `pilot build`, and send it again.",
        "Đóng gói lại bằng `pilot build` rồi gửi lại.",
    ),
    // Packages at the door.
    door("door.too-large", "The package is too large", "Gói quá lớn"),
    door("door.not-wasm", "The package is no WebAssembly", "Gói không phải WebAssembly"),
    door("door.not-component", "The package is no component", "Gói không phải thành phần WebAssembly"),
    door("door.cut", "The package is cut off", "Gói bị cắt cụt"),
    door("door.no-signature", "The package is not signed", "Gói chưa được ký"),
    door("door.signature-not-last", "Something follows the signature", "Có dữ liệu đứng sau chữ ký"),
    door("door.signature-form", "The signature is malformed", "Chữ ký không đúng dạng"),
    door("door.bad-signature", "The signature does not hold", "Chữ ký không hợp lệ"),
    door(
        "door.vendor-mismatch",
        "The signer is not the manifest's vendor",
        "Người ký không phải nhà cung cấp nêu trong bản kê",
    ),
    door("door.section-missing", "A section is missing", "Thiếu một phần của gói"),
    door("door.section-twice", "A section is there twice", "Một phần của gói bị lặp"),
    door("door.section-nested", "A section is in the wrong place", "Một phần của gói nằm sai chỗ"),
    door("door.section-form", "A section is malformed", "Một phần của gói không đúng dạng"),
    door("door.limit", "The component is over a limit", "Thành phần vượt giới hạn"),
    door("door.malformed", "The component is malformed", "Thành phần không đúng dạng"),
    door("door.invalid", "The component is not valid", "Thành phần không hợp lệ"),
    door(
        "door.canonical",
        "The component uses an ABI option that is not taken",
        "Thành phần dùng tùy chọn ABI không được nhận",
    ),
    door("door.import-form", "An import has a form that is not taken", "Dạng nhập không được nhận"),
    door("door.unknown-interface", "An interface is not in the contract", "Giao diện không có trong hợp đồng"),
    door("door.never-released", "An interface was never released", "Giao diện chưa từng được phát hành"),
    door("door.unknown-function", "A function is not in the contract", "Hàm không có trong hợp đồng"),
    door(
        "door.signature-differs",
        "A function has another type than in the contract",
        "Kiểu của hàm khác với hợp đồng",
    ),
    door("door.unknown-export", "An export is not in the contract", "Hàm xuất không có trong hợp đồng"),
    door("door.entries", "The exports are not those of the manifest", "Hàm xuất không khớp với bản kê"),
    door("door.schemas", "The schemas do not fit the manifest", "Lược đồ không khớp với bản kê"),
    door("door.wasi", "The component asks for WASI", "Thành phần đòi hỏi WASI"),
    door("door.not-requested", "An import is not in the manifest", "Hàm nhập không có trong bản kê"),
    door("door.not-grantable", "The manifest asks for more than can be granted", "Bản kê đòi hỏi quá mức có thể cấp"),
    door("manifest.invalid", "The manifest is not valid", "Bản kê không hợp lệ"),
    signer("trust.unknown-signer", "The signing key is not known", "Không biết khóa ký này"),
    signer("trust.not-yet-valid", "The signing key is not yet valid", "Khóa ký chưa có hiệu lực"),
    signer("trust.expired", "The signing key has expired", "Khóa ký đã hết hạn"),
    signer("trust.revoked", "The signing key was revoked", "Khóa ký đã bị thu hồi"),
    // Requests as such.
    kind(
        "no-credential",
        "A credential is needed",
        "Cần thông tin xác thực",
        "Send `Authorization: Bearer TOKEN`; the working group gives tokens out.",
        "Gửi `Authorization: Bearer TOKEN`; tổ công tác là nơi cấp.",
    ),
    kind(
        "too-many-requests",
        "Too many requests",
        "Quá nhiều yêu cầu",
        "Wait the seconds of Retry-After, then go on more slowly.",
        "Chờ số giây nêu ở Retry-After rồi gửi chậm hơn.",
    ),
    kind(
        "invalid-json",
        "The body is no valid JSON",
        "Nội dung không phải JSON hợp lệ",
        "Send a JSON body with the fields that /openapi.json names, and no others.",
        "Gửi nội dung JSON với đúng các trường nêu ở /openapi.json.",
    ),
    kind(
        "invalid-fields",
        "The fields of the body do not fit",
        "Các trường của nội dung không phù hợp",
        "Correct each field that `errors` names: /openapi.json describes them. Nothing was done.",
        "Sửa từng trường nêu trong `errors`: xem mô tả ở /openapi.json. Chưa có gì được thực hiện.",
    ),
    kind(
        "duplicate-name",
        "A name is there twice in the body",
        "Nội dung có tên bị lặp",
        "Send each name of an object once: of two values, programs would read different ones. Nothing was done.",
        "Mỗi tên trong một đối tượng chỉ gửi một lần, vì các chương trình có thể đọc giá trị khác nhau. Chưa có gì được thực hiện.",
    ),
    kind(
        "malformed-request",
        "The request is malformed or has two meanings",
        "Yêu cầu sai dạng hoặc có thể hiểu theo hai cách",
        "Nothing was done. Correct what `detail` names; look at the program or proxy that sends.",
        "Chưa có gì được thực hiện. Sửa chỗ nêu trong `detail`; kiểm tra phần mềm hoặc máy chủ trung gian gửi yêu cầu.",
    ),
    kind(
        "target-too-long",
        "The address is too long",
        "Địa chỉ quá dài",
        "Send what is long as a body; `detail` names the limit.",
        "Gửi phần dài trong nội dung; `detail` nêu giới hạn.",
    ),
    kind(
        "headers-too-large",
        "The header fields are too large",
        "Các trường tiêu đề quá lớn",
        "Send fewer fields, or shorter ones; `detail` names the limit.",
        "Gửi ít trường tiêu đề hơn hoặc ngắn hơn; `detail` nêu giới hạn.",
    ),
    kind(
        "wrong-content-encoding",
        "The body is packed",
        "Nội dung bị nén",
        "Send the body as it is, without Content-Encoding.",
        "Gửi nội dung nguyên dạng, không có Content-Encoding.",
    ),
    kind(
        "body-too-slow",
        "The body did not come in time",
        "Nội dung không đến kịp",
        "Nothing was done. Send the request again; where it happens again, look at the network.",
        "Chưa có gì được thực hiện. Gửi lại yêu cầu; nếu vẫn vậy, kiểm tra đường truyền.",
    ),
    kind(
        "past-the-proxy",
        "The request came past the proxy",
        "Yêu cầu không qua máy chủ trung gian",
        "Use the address of the proxy. Whatever was sent here crossed the network in plain: have the token replaced.",
        "Dùng địa chỉ của máy chủ trung gian. Nội dung vừa gửi đã đi qua mạng không mã hóa: đề nghị cấp lại mã đăng nhập.",
    ),
    kind(
        "wrong-content-type",
        "The body has another type",
        "Kiểu nội dung không đúng",
        "Send the Content-Type that `detail` names.",
        "Gửi Content-Type nêu trong `detail`.",
    ),
    kind(
        "too-large",
        "The body is too large",
        "Nội dung quá lớn",
        "Send less at once; `detail` names the limit.",
        "Gửi ít hơn mỗi lần; `detail` nêu giới hạn.",
    ),
    kind(
        "invalid-path",
        "The path is malformed",
        "Đường dẫn không hợp lệ",
        "Correct the path: /openapi.json describes its parts.",
        "Sửa đường dẫn: /openapi.json mô tả từng phần.",
    ),
    kind(
        "no-such-path",
        "There is nothing here",
        "Không có trang này",
        "See /openapi.json for the paths that are, or begin at the board.",
        "Xem các đường dẫn ở /openapi.json hoặc bắt đầu từ bảng theo dõi.",
    ),
    kind(
        "wrong-method",
        "Another method is needed",
        "Phương thức không đúng",
        "Use a method that /openapi.json names for this path.",
        "Dùng phương thức mà /openapi.json nêu cho đường dẫn này.",
    ),
    kind(
        "too-slow",
        "It took too long",
        "Quá thời gian",
        "Send the same request again under the same reference: if it was kept, you get its answer.",
        "Gửi lại đúng yêu cầu đó với cùng mã tham chiếu: nếu đã ghi nhận, sẽ nhận lại câu trả lời.",
    ),
    // The host.
    host("host-fault", "The host failed", "Máy chủ gặp lỗi"),
    host("data-folder", "The data folder cannot be opened", "Không mở được thư mục dữ liệu"),
    host("data-file", "A file of the data folder cannot be used", "Không dùng được một tệp trong thư mục dữ liệu"),
    host("engine", "The engine could not be started", "Không khởi động được bộ chạy WebAssembly"),
    host("package-store", "The store of packages failed", "Kho gói gặp lỗi"),
    host("not-recorded", "A record could not be written", "Không lập được bản ghi"),
    host("not-sealed", "A value could not be sealed or opened", "Không niêm phong hoặc mở được giá trị"),
    host("policy", "A policy file cannot be read", "Không đọc được tệp chính sách"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The codes of a file's `code()`: every text that stands alone after an arrow.
    fn codes(source: &str) -> impl Iterator<Item = &str> {
        source.lines().filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","))
    }

    #[test]
    fn every_code_of_governance_and_of_the_door_has_a_kind() {
        let governance = codes(include_str!("../governance/error.rs")).count();
        assert!(governance > 30, "the codes are read from the source: {governance}");
        let sources = [
            include_str!("../governance/error.rs"),
            include_str!("../../../registry/src/error.rs"),
            include_str!("../../../registry/src/trust.rs"),
        ];
        for code in sources.into_iter().flat_map(codes) {
            assert!(find(code).is_some(), "{code}");
        }
        for code in ["grant.own-request", "grant.second-eyes-needed", "grant.not-waiting", "manifest.invalid"] {
            assert!(find(code).is_some(), "{code}");
        }
    }

    #[test]
    fn every_kind_has_one_name_and_words_that_need_no_escaping_in_html() {
        let names: BTreeSet<&str> = KINDS.iter().map(|kind| kind.code).collect();
        assert_eq!(names.len(), KINDS.len());
        for kind in KINDS {
            for text in [kind.en, kind.vi, kind.next_en, kind.next_vi] {
                assert!(!text.is_empty() && !text.contains(['<', '>', '&']), "{}", kind.code);
            }
        }
    }
}
