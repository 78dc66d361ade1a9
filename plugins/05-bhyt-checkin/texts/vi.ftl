# Lời cho quầy tiếp đón. Không có tên, số của ai.
admitted = Tiếp nhận. Bảo hiểm chi trả { $level }%.
admitted-without-level = Tiếp nhận. Chưa rõ mức hưởng.
admitted-child = Tiếp nhận trẻ dưới 6 tuổi. Hướng dẫn gia đình làm thẻ.
papers-later = Cấp cứu: tiếp nhận ngay. Giấy tờ bổ sung trước khi kết thúc đợt điều trị.
verify-later = Tiếp nhận. Xác minh bảo hiểm trước ngày { $by }.
insurance-ended = Bảo hiểm đã hết hạn ngày { $until }. Người bệnh có thể gia hạn; lượt khám vẫn được giữ.
insurance-not-started = Bảo hiểm có hiệu lực từ ngày { $from }. Hỏi giấy tờ khác; lượt khám vẫn được giữ.
not-insured = Không thấy bảo hiểm. Hỏi giấy tờ khác; lượt khám vẫn được giữ.
no-paper = Chưa có giấy tờ. Bổ sung giấy tờ; lượt khám vẫn được giữ.
see-police-desk = Mời liên hệ bàn công an.
confirmed = Đã xác minh: bảo hiểm có hiệu lực trong ngày khám.
not-covered = Bảo hiểm không có hiệu lực trong ngày khám.
still-open-number = Chưa xác minh được bằng giấy. Nhập số định danh của người bệnh.
still-open-register = Hệ thống bảo hiểm chưa trả lời. Thử lại sau.
ticket = Đã gửi đề nghị sửa tới Bảo hiểm xã hội.
by-paper = Chưa gửi được. Lập đề nghị sửa bằng giấy.
summary = { $visits } lượt khám trong ngày, { $open } lượt còn phải xác minh.
listed = { $overdue } lượt quá hạn xác minh.
show-green = Mời vào
show-amber = Mời vào; nhân viên hướng dẫn thêm
show-red = Mời gặp nhân viên quầy

decision-admit = Tiếp nhận
decision-admit-verify-later = Tiếp nhận, xác minh sau
decision-self-pay-advised = Tư vấn tự chi trả
decision-confirmed = Đã xác minh
decision-not-covered = Không được bảo hiểm
decision-still-open = Còn phải xác minh
decision-ticket = Đã gửi đề nghị sửa
decision-by-paper = Đề nghị bằng giấy
decision-summary = Tổng hợp ngày

reason-child-under-6 = Trẻ dưới 6 tuổi, có giấy khai sinh hoặc giấy chứng sinh
reason-emergency = Cấp cứu
reason-double-tap = Đọc thẻ hai lần, tính một lượt
reason-paper-only = Chỉ có giấy tờ, chưa có số định danh
reason-no-paper = Không có giấy tờ
reason-see-police-desk = Cần liên hệ bàn công an
reason-register-unreachable = Hệ thống bảo hiểm không trả lời
reason-population-unreachable = Dữ liệu dân cư không trả lời
reason-not-in-population = Không thấy số định danh trong dữ liệu dân cư
reason-insurance-ended = Bảo hiểm đã hết hạn
reason-insurance-not-started = Bảo hiểm chưa có hiệu lực
reason-not-insured = Không có bảo hiểm
reason-referral-missing = Chưa có giấy chuyển
reason-low-assurance = Cách nhận diện dưới mức tối thiểu
reason-id-expired = Thẻ căn cước đã hết hạn
reason-card-differs = Thông tin trên thẻ khác dữ liệu dân cư
reason-register-differs = Dữ liệu bảo hiểm khác dữ liệu dân cư
reason-number-not-comparable = Số thẻ không đối chiếu được tại quầy

next-apply-for-card = Hướng dẫn làm thẻ bảo hiểm cho trẻ
next-papers-before-end = Nhận giấy tờ trước khi kết thúc điều trị
next-enter-number = Nhập số định danh khi có
next-bring-paper = Đề nghị bổ sung giấy tờ
next-go-to-police-desk = Mời sang bàn công an
next-renew-insurance = Hướng dẫn gia hạn bảo hiểm
next-show-other-paper = Hỏi giấy tờ khác
next-check-number = Kiểm tra lại số đã nhập
next-ask-referral = Hỏi giấy chuyển
next-ask-chip = Lần sau đọc chip hoặc VNeID
next-renew-id = Nhắc làm lại thẻ căn cước
next-compare-id = So ảnh và thông tin trên thẻ
next-tell-correction = Báo người bệnh: đã đề nghị sửa dữ liệu
next-report-on-paper = Lập đề nghị sửa bằng giấy

refusal-too-late = Lượt đọc quá cũ: nhập lượt khám tại quầy
refusal-clock-ahead = Đồng hồ thiết bị chạy nhanh: chỉnh lại rồi đọc lại
refusal-facility-unknown = Cơ sở chưa được đăng ký là nơi khám, chữa bệnh
refusal-facility-not-licensed = Giấy phép của cơ sở không còn hiệu lực
refusal-no-open-visit = Lượt khám này không còn gì phải xác minh
refusal-no-such-visit = Không có lượt khám này
refusal-other-person = Lượt khám là của người khác
refusal-no-facility = Chưa nêu cơ sở khám, chữa bệnh

# Bảo hiểm xã hội đọc.
alert-wrong-person = Tại cơ sở { $facility }, một thẻ được đọc ({ $method }) của người được ghi nhận là đã mất. Đề nghị đối chiếu người đến khám và dữ liệu.
