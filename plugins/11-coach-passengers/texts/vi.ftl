# Lời cho phụ xe. Không có tên, số của ai.
trip-with-list = Đã mở chuyến, { $seats } ghế. Danh sách được gửi Công an sau khi xe chạy.
trip-without-list = Đã mở chuyến, { $seats } ghế. Chuyến này không phải gửi danh sách.
trip-problems = Chưa mở được chuyến. Sửa những điểm dưới đây rồi mở lại.
boarded = Khách số { $number } đã lên xe.
boarded-phone = Khách đã lên xe. Không gửi được từ đây: gọi { $phone } báo Công an.
already-on-board = Khách này đã có trong danh sách.
full = Xe đã đủ { $seats } chỗ. Không nhận thêm khách: chở quá số người là vi phạm.
see-police-desk = Mời liên hệ Công an xã, phường.
alighted = Khách đã xuống xe; trên xe còn { $on_board } người.
list-sent = Đã gửi đủ danh sách: { $sent } người.
list-queued = Đã gửi { $sent } người; phần còn lại tự gửi khi có kết nối.
no-notice-due = Chuyến đi ban ngày, không phải gửi danh sách.
state = Trên xe { $on_board } người, { $unsent } thông báo chưa gửi.
overdue = { $unclosed } chuyến quá giờ chưa kết thúc, { $unsent } chuyến có danh sách chưa gửi.
show-green = Mời lên xe
show-amber = Mời lên xe; phụ xe sẽ hỏi thêm
show-red = Mời gặp phụ xe

decision-trip = Đã mở chuyến
decision-problems = Chưa mở được chuyến
decision-boarded = Đã lên xe
decision-boarded-check-later = Đã lên xe, kiểm tra sau
decision-full = Xe đã đủ chỗ
decision-already-on-board = Đã có trong danh sách
decision-not-entered = Chưa nhập
decision-alighted = Đã xuống xe
decision-list-sent = Đã gửi danh sách
decision-list-queued = Danh sách đang chờ gửi
decision-no-notice-due = Không phải gửi danh sách
decision-state = Tình hình chuyến xe

reason-already-open = Chuyến này đã mở
reason-operator-unknown = Không thấy nhà xe này
reason-vehicle-not-of-operator = Xe không thuộc nhà xe
reason-licence-not-in-force = Giấy phép của xe hoặc nhà xe không còn hiệu lực
reason-too-many-seats = Số ghế nhiều hơn số ghế của xe
reason-stops-out-of-order = Thứ tự giờ các điểm dừng không đúng
reason-route-unknown = Không có tuyến này
reason-other-trip-open = Xe còn chuyến khác chưa kết thúc
reason-same-boarding = Cùng một lần lên xe, đọc hai lần
reason-read-twice = Thẻ này đã được đọc trước đó trong chuyến
reason-see-police-desk = Cần liên hệ Công an
reason-with-adult = Trẻ dưới 14 tuổi đi cùng ai?
reason-not-in-population = Không thấy số định danh trong dữ liệu dân cư
reason-not-verified = Dữ liệu dân cư chưa trả lời
reason-declared = Khách tự khai, chưa đọc thẻ
reason-permitted-until = Khách nước ngoài được tạm trú đến ngày nào?
reason-late = Nhận muộn so với hạn
reason-police-unreachable = Chưa kết nối được Công an
reason-kept-here = Thông báo được giữ tại đây, sẽ tự gửi
reason-not-through-here = Ứng dụng không được phép gửi thông báo này
reason-already-closed = Chuyến này đã kết thúc
reason-people-not-entered = Có hành khách chưa được nhập
reason-unmatched = Có hành khách chưa được nhận diện

next-mend-and-open-again = Sửa rồi mở lại chuyến
next-ask-who = Hỏi khách: đọc lại thẻ của mình, hay đọc hộ người khác?
next-no-more-passengers = Không nhận thêm khách
next-go-to-police-desk = Liên hệ Công an xã, phường
next-ask-adult = Hỏi người lớn đi cùng
next-check-number = Kiểm tra lại số đã nhập
next-ask-for-identity = Hỏi mã VNeID hoặc thẻ căn cước
next-ask-permitted-until = Hỏi thời hạn tạm trú trên thị thực
next-phone-police = Gọi điện báo Công an
next-enter-by-hand = Nhập tay những khách còn thiếu

refusal-clock-ahead = Đồng hồ điện thoại chạy nhanh
refusal-no-such-trip = Không có chuyến này
refusal-no-open-trip = Xe chưa mở chuyến nào
refusal-before-trip = Thẻ được đọc trước khi mở chuyến
refusal-trip-closed = Chuyến đã kết thúc
refusal-no-such-passenger = Không có hành khách này trên xe
refusal-other-facility = Xe này không phải của phụ xe
refusal-no-facility = Chưa nêu xe
refusal-facility-unknown = Không phải xe khách đã biết
refusal-unit-mismatch = Xe thuộc xã, phường khác

alert-trip-incident = Xe { $coach }, chuyến { $trip }: { $what ->
    [unclosed] quá giờ mà chưa ai kết thúc chuyến
   *[unsent] danh sách hành khách chưa gửi được tới Công an
}
