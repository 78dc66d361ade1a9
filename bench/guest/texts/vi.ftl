no-answer = Không rõ.

decision-known = Có trong cơ sở dữ liệu
decision-unknown = Không rõ
reason-no-answer = Cơ sở dữ liệu không trả lời
