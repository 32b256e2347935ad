"""What the demo declares: agencies, applications, data services, agreements.  Texts are
Vietnamese, as they would be; the ids are the platform's."""

PROVIDER, SOURCE = "ap000001", "so000001"
WARDS, PROVINCES = "sv000001", "sv000002"
ALL_WARDS, DA_NANG, QUANG_NAM, STATISTICS, SHORT = (
    "cn000001", "cn000002", "cn000003", "cn000004", "cn000005")

AGENCIES = [
    ("ag0001", "Bộ Nội vụ", "ministry"),
    ("ag0002", "Bộ Khoa học và Công nghệ", "ministry"),
    ("ag0003", "Ủy ban nhân dân thành phố Đà Nẵng", "people_committee"),
    ("ag0004", "Ủy ban nhân dân tỉnh Quảng Nam", "people_committee"),
    ("ag0005", "Cục Thống kê", "government_agency"),
]
APPLICATIONS = [
    ("ap000001", "ag0001", "Cơ sở dữ liệu danh mục đơn vị hành chính", "provider"),
    ("ap000002", "ag0002", "Nền tảng tích hợp, chia sẻ dữ liệu quốc gia", "user"),
    ("ap000003", "ag0003", "Nền tảng tích hợp, chia sẻ dữ liệu thành phố Đà Nẵng", "user"),
    ("ap000004", "ag0004", "Nền tảng tích hợp, chia sẻ dữ liệu tỉnh Quảng Nam", "user"),
    ("ap000005", "ag0005", "Phần mềm thống kê (ứng dụng của bên thứ ba)", "user"),
]
# The database of each user that runs lt-consumer-postgres.
DATABASES = {"ap000002": "quocgia", "ap000003": "danang", "ap000004": "quangnam"}

WARD_FIELDS = [
    ("code", "varchar(20)", True), ("name", "varchar(255)", True),
    ("name_en", "varchar(255)", False), ("full_name", "varchar(255)", False),
    ("full_name_en", "varchar(255)", False), ("code_name", "varchar(255)", False),
    ("province_code", "varchar(20)", False), ("administrative_unit_id", "integer", False),
]
PROVINCE_FIELDS = [
    ("code", "varchar(20)", True), ("name", "varchar(255)", True),
    ("name_en", "varchar(255)", False), ("full_name", "varchar(255)", True),
    ("full_name_en", "varchar(255)", False), ("code_name", "varchar(255)", False),
    ("administrative_unit_id", "integer", False), ("administrative_region_id", "integer", False),
]
FOUR = ["code", "name", "full_name", "province_code"]


def service(ident, name, entity, table, fields, scope_columns):
    return {"kind": "service", "id": ident, "provider": PROVIDER, "source": SOURCE, "name": name,
            "entity": entity, "table": table,
            "fields": [{"name": n, "column": n, "type": t, "required": r} for n, t, r in fields],
            "key": ["code"], "scope_columns": scope_columns, "window": "7d", "published": True,
            "policy": {"version": 1, "use_period": "72h", "on_expiry": "hide"}}


def grant(connection, application, service_id, fields, row_filter="", use_period="72h"):
    return {"connection": connection, "application": application, "service": service_id,
            "fields": fields, "filter": row_filter, "use_period": use_period,
            "on_expiry": "hide", "max_per_day": None}


def agreement(number, user, purpose, basis, *grants):
    return {"kind": "agreement", "id": "ar%06d" % number, "provider": "ag0001", "user": user,
            "purpose": purpose, "basis": basis, "signed": True,
            "valid_from": "2025-01-01T00:00:00Z", "connection_until": None, "use_until": None,
            "grants": list(grants)}


def parties():
    """Agencies and applications: articles 7 and 40."""
    return ([{"kind": "agency", "id": i, "name": n, "class": c,
              "contact": "Đầu mối kết nối, chia sẻ dữ liệu"} for i, n, c in AGENCIES]
            + [{"kind": "application", "id": i, "agency": a, "name": n, "role": r}
               for i, a, n, r in APPLICATIONS])


def services():
    """Data services with their policies: articles 22 to 25."""
    return [service(WARDS, "Danh mục phường, xã, đặc khu", "ward", "public.wards", WARD_FIELDS,
                    ["province_code"]),
            service(PROVINCES, "Danh mục tỉnh, thành phố", "province", "public.provinces",
                    PROVINCE_FIELDS, ["code"])]


def agreements(short_use="6s"):
    """Who may have what: articles 34 to 38."""
    wards = [name for name, _, _ in WARD_FIELDS]
    provinces = [name for name, _, _ in PROVINCE_FIELDS]
    return [
        agreement(1, "ag0002", "Danh mục dùng chung quốc gia", "default",
                  grant(ALL_WARDS, "ap000002", WARDS, wards)),
        agreement(2, "ag0003", "Quản lý địa bàn thành phố Đà Nẵng", "case",
                  grant(DA_NANG, "ap000003", WARDS, FOUR, "province_code = '48'"),
                  grant(SHORT, "ap000003", PROVINCES, provinces, "", short_use)),
        agreement(3, "ag0004", "Quản lý địa bàn tỉnh Quảng Nam", "case",
                  grant(QUANG_NAM, "ap000004", WARDS, FOUR, "province_code = '49'")),
        agreement(4, "ag0005", "Thống kê nhà nước", "default",
                  grant(STATISTICS, "ap000005", PROVINCES, provinces)),
    ]
