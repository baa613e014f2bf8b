"""Made-up tables with the columns of well-known public ones, and the type an expert would give each column.

The values are drawn here to resemble those tables in name, range, number of levels and spelling; none is copied. Where
experts differ, the types they would accept are separated by `|`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

N = 1_500
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTable:
    """A table and what an expert would say of it: `columns` maps a name to (type, values)."""

    name: str
    columns: Mapping[str, tuple[str, object]]

    def frame(self) -> pd.DataFrame:
        """The table."""
        return pd.DataFrame({name: values for name, (_, values) in self.columns.items()})


class Draw:
    """Values of usual shapes, repeatable."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def of(self, *levels, p=None):
        """Levels at random."""
        return self.rng.choice(np.array(levels, dtype=object), N, p=p)

    def whole(self, low, high):
        """Whole numbers from low to high."""
        return self.rng.integers(low, high + 1, N)

    def normal(self, mean, deviation, digits=1):
        """Decimals round a mean."""
        return np.round(self.rng.normal(mean, deviation, N), digits)

    def money(self, mean=4.0, digits=2):
        """Amounts with a long tail."""
        return np.round(self.rng.lognormal(mean, 1.0, N), digits)

    def counts(self, mean):
        """Numbers of events."""
        return self.rng.negative_binomial(1, 1 / (1 + mean), N)

    def flags(self, share=0.3):
        """Zeros and ones."""
        return (self.rng.random(N) < share).astype(int)

    def unique(self, low, high):
        """Whole numbers that never repeat."""
        return self.rng.choice(np.arange(low, high), N, replace=False)

    def days(self, first="2016-01-01", n=900):
        """Dates without times."""
        return (pd.Timestamp(first) + pd.to_timedelta(self.rng.integers(0, n, N), "D")).strftime("%Y-%m-%d")

    def texts(self, make: Callable[[int], str]):
        """A text for every row."""
        return [make(int(number)) for number in self.rng.integers(0, 10**9, N)]

    def pool(self, size: int, make: Callable[[int], str]):
        """Texts of a pool, at random with the first ones more often."""
        return [make(int(number)) for number in (self.rng.beta(1, 3, N) * size)]


def _bank(d: Draw) -> dict:
    return {
        "age": ("continuous", d.whole(18, 88)),
        "job": ("categorical", d.of("admin.", "blue-collar", "technician", "services", "retired", "unknown")),
        "marital": ("categorical", d.of("married", "single", "divorced")),
        "education": ("categorical|ordinal", d.of("primary", "secondary", "tertiary", "unknown")),
        "default": ("boolean", d.of("no", "yes", p=[0.98, 0.02])),
        "balance": ("continuous", np.round(d.rng.normal(1300, 3000, N))),
        "housing": ("boolean", d.of("yes", "no")),
        "loan": ("boolean", d.of("yes", "no")),
        "contact": ("categorical", d.of("cellular", "telephone", "unknown")),
        "day": ("continuous|ordinal", d.whole(1, 31)),
        "month": ("ordinal|categorical", d.of(*(month[:3].lower() for month in MONTHS))),
        "duration": ("continuous", d.money(5, 0)),
        "campaign": ("continuous", 1 + d.counts(2.5)),
        "pdays": ("continuous", np.where(d.rng.random(N) < 0.8, -1, d.whole(1, 600))),
        "previous": ("continuous", d.counts(1.6)),
        "poutcome": ("categorical", d.of("unknown", "failure", "other", "success")),
        "y": ("boolean", d.of("no", "yes", p=[0.88, 0.12])),
    }


def _bank_additional(d: Draw) -> dict:
    return {
        "education": ("categorical", d.of("basic.4y", "basic.6y", "basic.9y", "high.school", "professional.course",
                                          "university.degree", "unknown", "illiterate")),
        "default": ("categorical", d.of("no", "unknown", "yes", p=[0.78, 0.21, 0.01])),
        "day_of_week": ("ordinal|categorical", d.of("mon", "tue", "wed", "thu", "fri")),
        "pdays": ("continuous|categorical", np.where(d.rng.random(N) < 0.95, 999, d.whole(0, 27))),
        "emp.var.rate": ("continuous|ordinal", d.of(-3.4, -2.9, -1.8, -1.7, -1.1, -0.2, -0.1, 1.1, 1.4)),
        "cons.price.idx": ("continuous", d.of(*np.round(np.linspace(92.2, 94.77, 26), 3))),
        "euribor3m": ("continuous", d.normal(3.6, 1.7, 3)),
        "nr.employed": ("continuous|ordinal", d.of(4963.6, 4991.6, 5008.7, 5017.5, 5023.5, 5076.2, 5099.1, 5195.8,
                                                   5191, 5228.1, 5176.3)),
    }  # fmt: skip


def _heart(d: Draw) -> dict:
    return {
        "age": ("continuous", d.whole(29, 77)),
        "sex": ("boolean|categorical", d.flags(0.7)),
        "cp": ("categorical", d.of(0, 1, 2, 3)),
        "trestbps": ("continuous", d.whole(94, 200)),
        "chol": ("continuous", d.whole(126, 564)),
        "fbs": ("boolean", d.flags(0.15)),
        "restecg": ("categorical", d.of(0, 1, 2, p=[0.5, 0.48, 0.02])),
        "thalach": ("continuous", d.whole(71, 202)),
        "exang": ("boolean", d.flags()),
        "oldpeak": ("continuous", np.round(d.rng.exponential(1, N), 1)),
        "slope": ("categorical|ordinal", d.of(0, 1, 2)),
        "ca": ("categorical|ordinal", d.of(0, 1, 2, 3, 4, p=[0.5, 0.2, 0.15, 0.1, 0.05])),
        "thal": ("categorical", d.of(0, 1, 2, 3)),
        "num": ("ordinal", d.of(0, 1, 2, 3, 4)),
        "target": ("boolean", d.flags(0.5)),
    }


def _titanic(d: Draw) -> dict:
    surnames = ("Braund", "Cumings", "Heikkinen", "Futrelle", "Allen", "Moran", "McCarthy", "Palsson", "Nasser")
    given = ("Owen Harris", "John Bradley", "Laina", "Jacques Heath", "William Henry", "Timothy J", "Gosta Leonard")

    def person(n: int) -> str:
        return f"{surnames[n % 9]}{'aeiou'[n % 5]}, {('Mr', 'Mrs', 'Miss')[n % 3]}. {given[n % 7]} {chr(65 + n % 26)}"

    return {
        "PassengerId": ("identifier", np.arange(1, N + 1)),
        "Survived": ("boolean", d.flags(0.4)),
        "Pclass": ("ordinal|categorical", d.of(1, 2, 3)),
        "Name": ("text", d.texts(person)),
        "Sex": ("categorical", d.of("male", "female")),
        "Age": ("continuous", np.where(d.rng.random(N) < 0.2, np.nan, d.of(*np.arange(1, 80), 0.42, 0.67, 28.5))),
        "SibSp": ("ordinal|continuous", d.of(0, 1, 2, 3, 4, 5, 8, p=[0.68, 0.23, 0.03, 0.02, 0.02, 0.01, 0.01])),
        "Parch": ("ordinal|continuous", d.of(0, 1, 2, 3, 4, 5, 6, p=[0.76, 0.13, 0.08, 0.01, 0.005, 0.01, 0.005])),
        "Ticket": ("identifier|text|categorical", d.pool(900, lambda n: (f"{n * 397 % 400000 + 1000}", f"PC {n}",
                                                                        f"A/5 {n + 21000}")[n % 3])),
        "Fare": ("continuous", d.money(3, 4)),
        "Cabin": ("categorical|text", [None if n % 4 else f"{'ABCDE'[n % 5]}{n % 30 + 1}" for n in d.whole(0, 9999)]),
        "Embarked": ("categorical", d.of("S", "C", "Q")),
    }  # fmt: skip


def _housing(d: Draw) -> dict:
    return {
        "longitude": ("continuous", -d.rng.uniform(114, 124, N).round(2)),
        "latitude": ("continuous", d.rng.uniform(32, 42, N).round(2)),
        "housing_median_age": ("continuous", d.whole(1, 52)),
        "total_rooms": ("continuous", d.money(7.5, 0)),
        "total_bedrooms": ("continuous", np.where(d.rng.random(N) < 0.01, np.nan, d.money(6, 0))),
        "households": ("continuous", d.money(6, 0)),
        "median_income": ("continuous", d.normal(3.8, 1.9, 4)),
        "ocean_proximity": ("categorical", d.of("<1H OCEAN", "INLAND", "NEAR OCEAN", "NEAR BAY", "ISLAND")),
        "median_house_value": ("continuous", d.whole(15_000, 500_001)),
        "CHAS": ("boolean", d.flags(0.07)),
        "RAD": ("ordinal|continuous|categorical", d.of(1, 2, 3, 4, 5, 6, 7, 8, 24)),
        "TAX": ("continuous", d.of(*np.arange(187, 711, 8))),
    }


def _house_sales(d: Draw) -> dict:
    return {
        "Id": ("identifier", np.arange(1, N + 1)),
        "PID": ("identifier", d.unique(526_301_100, 526_901_100)),
        "MSSubClass": ("categorical", d.of(20, 30, 40, 45, 50, 60, 70, 75, 80, 85, 90, 120, 160, 180, 190)),
        "LotArea": ("continuous", d.money(9, 0)),
        "OverallQual": ("ordinal", d.whole(1, 10)),
        "OverallCond": ("ordinal", d.whole(1, 9)),
        "YearBuilt": ("continuous", d.whole(1880, 2010)),
        "YrSold": ("ordinal|continuous", d.whole(2006, 2010)),
        "MoSold": ("ordinal|continuous", d.whole(1, 12)),
        "ExterQual": ("ordinal", d.of("TA", "Gd", "Ex", "Fa")),
        "KitchenQual": ("ordinal", d.of("TA", "Gd", "Ex", "Fa", "Po")),
        "FullBath": ("ordinal|continuous", d.of(0, 1, 2, 3)),
        "BedroomAbvGr": ("ordinal|continuous", d.whole(0, 6)),
        "Fireplaces": ("ordinal|continuous", d.of(0, 1, 2, 3, p=[0.47, 0.44, 0.08, 0.01])),
        "GarageCars": ("ordinal|continuous", d.of(0, 1, 2, 3, 4)),
        "CentralAir": ("boolean", d.of("Y", "N")),
        "Street": ("categorical", d.of("Pave", "Grvl")),
        "PoolArea": ("continuous", np.where(d.rng.random(N) < 0.97, 0, d.whole(400, 800))),
        "SalePrice": ("continuous", d.whole(34_900, 755_000)),
        "zipcode": ("categorical", d.of(*range(98001, 98071))),
        "condition": ("ordinal", d.of(1, 2, 3, 4, 5)),
        "bathrooms": ("ordinal|continuous", d.of(0.75, 1.0, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0)),
        "waterfront": ("boolean", d.flags(0.01)),
    }


def _insurance(d: Draw) -> dict:
    return {
        "age": ("continuous", d.whole(18, 64)),
        "sex": ("categorical", d.of("female", "male")),
        "bmi": ("continuous", d.normal(30, 6, 3)),
        "children": ("ordinal|continuous", d.of(0, 1, 2, 3, 4, 5)),
        "smoker": ("boolean", d.of("yes", "no")),
        "region": ("categorical", d.of("southwest", "southeast", "northwest", "northeast")),
        "charges": ("continuous", d.money(9, 5)),
    }


def _hospital(d: Draw) -> dict:
    return {
        "encounter_id": ("identifier", d.unique(12_522, 2_000_000)),
        "patient_nbr": ("identifier", d.whole(1_000, 2_000)),
        "race": ("categorical", d.of("Caucasian", "AfricanAmerican", "Hispanic", "Other", "Asian", "?")),
        "gender": ("categorical", d.of("Female", "Male", "Unknown/Invalid", p=[0.54, 0.45, 0.01])),
        "age": ("ordinal", d.of(*(f"[{low}-{low + 10})" for low in range(0, 100, 10)))),
        "admission_type_id": ("categorical", d.of(1, 2, 3, 4, 5, 6, 7, 8)),
        "discharge_disposition_id": ("categorical", d.of(*range(1, 29))),
        "admission_source_id": ("categorical", d.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 17, 20, 22, 25)),
        "time_in_hospital": ("continuous|ordinal", d.whole(1, 14)),
        "payer_code": ("categorical", d.of("MC", "HM", "SP", "BC", "?", "MD")),
        "medical_specialty": ("categorical", d.of("Cardiology", "Surgery-General", "?", "Emergency/Trauma")),
        "num_lab_procedures": ("continuous", d.whole(1, 120)),
        "num_procedures": ("ordinal|continuous", d.of(0, 1, 2, 3, 4, 5, 6)),
        "num_medications": ("continuous", d.whole(1, 75)),
        "number_outpatient": ("continuous|ordinal", d.counts(0.4)),
        "number_inpatient": ("continuous", d.counts(0.8)),
        "diag_1": ("categorical", d.pool(300, lambda n: f"V{n}" if n % 9 == 0 else f"{n + 200}.{n % 80:02d}")),
        "number_diagnoses": ("continuous|ordinal", d.whole(1, 16)),
        "max_glu_serum": ("categorical|ordinal", d.of("None", "Norm", ">200", ">300")),
        "A1Cresult": ("categorical|ordinal", d.of("None", "Norm", ">7", ">8")),
        "metformin": ("categorical", d.of("No", "Steady", "Up", "Down")),
        "examide": ("constant", d.of("No")),
        "change": ("categorical", d.of("No", "Ch")),
        "diabetesMed": ("boolean", d.of("Yes", "No")),
        "readmitted": ("categorical", d.of("NO", ">30", "<30")),
    }


def _fraud(d: Draw) -> dict:
    return {
        "Time": ("continuous", np.sort(d.whole(0, 172_792))),
        **{f"V{number}": ("continuous", d.normal(0, 1.5, 9)) for number in range(1, 29)},
        "Amount": ("continuous", d.money(3, 2)),
        "Class": ("boolean", d.flags(0.02)),
    }


def _telco(d: Draw) -> dict:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    def customer(n: int) -> str:
        tail = "".join(letters[n // 26**power % 26] for power in range(5))
        return f"{n % 10_000:04d}-{tail}"

    charges = d.money(7, 2).astype(str)
    charges[:11] = " "
    return {
        "customerID": ("identifier", d.texts(customer)),
        "gender": ("categorical", d.of("Female", "Male")),
        "SeniorCitizen": ("boolean", d.flags(0.16)),
        "Partner": ("boolean", d.of("Yes", "No")),
        "tenure": ("continuous", d.whole(0, 72)),
        "MultipleLines": ("categorical", d.of("No phone service", "No", "Yes")),
        "InternetService": ("categorical", d.of("DSL", "Fiber optic", "No")),
        "Contract": ("categorical|ordinal", d.of("Month-to-month", "One year", "Two year")),
        "PaymentMethod": ("categorical", d.of("Electronic check", "Mailed check", "Credit card (automatic)")),
        "MonthlyCharges": ("continuous", d.normal(64, 30, 2)),
        "TotalCharges": ("continuous", charges),
        "Churn": ("boolean", d.of("No", "Yes")),
    }


def _bank_churn(d: Draw) -> dict:
    surnames = ("Hargrave", "Onio", "Boni", "Mitchell", "Chu", "Bartlett", "Obinna", "Hao", "Romeo", "Muldrow")
    return {
        "RowNumber": ("identifier", np.arange(1, N + 1)),
        "CustomerId": ("identifier", d.unique(15_565_701, 15_815_690)),
        "Surname": (
            "text",
            d.pool(900, lambda n: surnames[n % 10] + "aeioulnrst"[n // 10 % 10] + "ydk"[n // 300]),
        ),
        "CreditScore": ("continuous", d.whole(350, 850)),
        "Geography": ("categorical", d.of("France", "Spain", "Germany")),
        "Tenure": ("continuous|ordinal", d.whole(0, 10)),
        "Balance": ("continuous", np.where(d.rng.random(N) < 0.4, 0, d.normal(120_000, 30_000, 2))),
        "NumOfProducts": ("ordinal|continuous", d.of(1, 2, 3, 4)),
        "HasCrCard": ("boolean", d.flags(0.7)),
        "EstimatedSalary": ("continuous", d.rng.uniform(11, 199_992, N).round(2)),
        "Exited": ("boolean", d.flags(0.2)),
    }


def _store_sales(d: Draw) -> dict:
    return {
        "Store": ("categorical", d.whole(1, 45)),
        "Dept": ("categorical", d.whole(1, 99)),
        "Date": ("datetime", d.days()),
        "DayOfWeek": ("ordinal|categorical", d.whole(1, 7)),
        "Weekly_Sales": ("continuous", d.money(9, 2)),
        "Sales": ("continuous", np.where(d.rng.random(N) < 0.17, 0, d.whole(1_000, 20_000))),
        "Customers": ("continuous", d.whole(0, 3_000)),
        "Open": ("boolean", d.flags(0.83)),
        "StateHoliday": ("categorical", d.of("0", "a", "b", "c", p=[0.9, 0.05, 0.03, 0.02])),
        "SchoolHoliday": ("boolean", d.flags(0.2)),
        "IsHoliday": ("boolean", d.of("TRUE", "FALSE")),
        "StoreType": ("categorical", d.of("a", "b", "c", "d")),
        "CompetitionDistance": ("continuous", d.money(8, 0) // 10 * 10),
        "CompetitionOpenSinceMonth": ("ordinal|continuous", d.whole(1, 12)),
        "Fuel_Price": ("continuous", d.normal(3.4, 0.4, 3)),
        "MarkDown1": ("continuous", np.where(d.rng.random(N) < 0.6, np.nan, d.money(8, 2))),
        "onpromotion": ("boolean", d.of("True", "False")),
    }


def _orders(d: Draw) -> dict:
    people = ("Claire Gute", "Darrin Van Huff", "Brosina Hoffman", "Andrew Allen", "Irene Maddox", "Harold Pawlan")
    things = ("Bush Somerset Collection Bookcase", "Hon Deluxe Fabric Chair", "Xerox Paper", "Eldon Fold Cart System")
    return {
        "Row ID": ("identifier", np.arange(1, N + 1)),
        "Order ID": ("identifier", d.pool(900, lambda n: f"CA-{2014 + n % 4}-{100_000 + n * 37}")),
        "Order Date": ("datetime", pd.to_datetime(d.days()).strftime("%m/%d/%Y")),
        "Ship Mode": ("categorical", d.of("Second Class", "Standard Class", "First Class", "Same Day")),
        "Customer ID": ("identifier", d.pool(200, lambda n: f"{'CDBAIH'[n % 6]}G-{12_000 + n}")),
        "Customer Name": ("text|categorical", d.pool(200, lambda n: people[n % 6] + "aeiou"[n % 5] * (n // 30 + 1))),
        "Segment": ("categorical", d.of("Consumer", "Corporate", "Home Office")),
        "City": ("categorical", d.pool(300, lambda n: f"{('Los', 'San', 'New')[n % 3]} {'abcdefgh'[n % 8] * 3}{n}")),
        "Postal Code": ("categorical", d.pool(300, lambda n: f"{10_000 + n * 211}")),
        "Product ID": ("identifier|categorical", d.pool(400, lambda n: f"FUR-BO-{10_000_000 + n * 7919}")),
        "Sub-Category": ("categorical", d.of("Bookcases", "Chairs", "Labels", "Tables", "Storage")),
        "Product Name": ("categorical|text", d.pool(300, lambda n: f"{things[n % 4]}, {'ABCDEFG'[n % 7]}{n}")),
        "Sales": ("continuous", d.money(4, 4)),
        "Quantity": ("continuous|ordinal", d.whole(1, 14)),
        "Discount": ("continuous|ordinal", d.of(0, 0.1, 0.15, 0.2, 0.3, 0.32, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8)),
        "Profit": ("continuous", d.normal(28, 200, 4)),
        "SKU": ("identifier|categorical", d.pool(600, lambda n: f"SKU{n:05d}")),
        "Rating": ("ordinal", d.of(1, 2, 3, 4, 5)),
        "stars": ("ordinal", d.of(0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5)),
    }  # fmt: skip


def _survey(d: Draw) -> dict:
    agree = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
    return {
        "respondent": ("identifier", d.unique(100_000, 900_000)),
        "StartDate": ("datetime", pd.to_datetime(d.days()).strftime("%Y-%m-%d 14:%M:%S")),
        "Q1": ("ordinal", d.of(1, 2, 3, 4, 5)),
        "Q2": ("ordinal", d.of(1, 2, 3, 4, 5, 6, 7)),
        "Q3_nps": ("ordinal", d.whole(0, 10)),
        "Q4": ("ordinal", d.of(*agree)),
        "satisfaction": ("ordinal", d.of("Very satisfied", "Satisfied", "Neutral", "Dissatisfied")),
        "likely": ("ordinal", d.of("Very unlikely", "Unlikely", "Neutral", "Likely", "Very likely")),
        "use": ("ordinal", d.of("Daily", "Weekly", "Monthly", "Never")),
        "health": ("ordinal", d.of("Excellent", "Very good", "Good", "Fair", "Poor")),
        "age_group": ("ordinal", d.of("18-24", "25-34", "35-44", "45-54", "55-64", "65 or older")),
        "hh_income": ("ordinal", d.of("Less than $25,000", "$25,000 - $49,999", "$50,000 or more")),
        "tenure_band": ("ordinal", d.of("< 1 year", "1 year", "2 years", "3 years", "10+ years")),
        "employees": ("ordinal", d.of("1-5", "6-25", "26-100", "100-500", "500-1000", "More than 1000")),
        "gender": ("categorical", d.of("Male", "Female", "Non-binary", "Prefer not to say")),
        "country": ("categorical", d.of("Germany", "France", "Kenya", "Peru")),
        "PERIDNUM": ("identifier", d.texts(lambda n: f"{n:09d}{n * 7 % 10**9:09d}")),
        "share_online": ("continuous", [f"{n % 101} %" for n in d.whole(0, 5_000)]),
        "spend": ("continuous", [f"${value:,.2f}" for value in d.money(7, 2)]),
        "grade": ("ordinal", d.of("A", "B", "C", "D", "E", "F", "G")),
        "comment": ("text", d.texts(lambda n: f"I thought that item {n} was fine but it took {n % 9} days to come")),
    }  # fmt: skip


def _employees(d: Draw) -> dict:
    return {
        "Age": ("continuous", d.whole(18, 60)),
        "Attrition": ("boolean", d.of("Yes", "No")),
        "BusinessTravel": ("categorical", d.of("Travel_Rarely", "Travel_Frequently", "Non-Travel")),
        "DailyRate": ("continuous", d.whole(102, 1_499)),
        "DistanceFromHome": ("continuous", d.whole(1, 29)),
        "Education": ("ordinal|categorical", d.of(1, 2, 3, 4, 5)),
        "EducationField": ("categorical", d.of("Life Sciences", "Medical", "Marketing")),
        "EmployeeCount": ("constant", d.of(1)),
        "EmployeeNumber": ("identifier", d.unique(1, 2_069)),
        "EnvironmentSatisfaction": ("ordinal", d.of(1, 2, 3, 4)),
        "JobInvolvement": ("ordinal", d.of(1, 2, 3, 4)),
        "JobLevel": ("ordinal", d.of(1, 2, 3, 4, 5)),
        "JobRole": ("categorical", d.of("Sales Executive", "Manager", "Laboratory Technician")),
        "MonthlyIncome": ("continuous", d.whole(1_009, 19_999)),
        "NumCompaniesWorked": ("continuous|ordinal", d.whole(0, 9)),
        "PercentSalaryHike": ("continuous", d.whole(11, 25)),
        "PerformanceRating": ("ordinal|categorical", d.of(3, 4)),
        "StockOptionLevel": ("ordinal", d.of(0, 1, 2, 3)),
        "TrainingTimesLastYear": ("ordinal|continuous", d.whole(0, 6)),
        "WorkLifeBalance": ("ordinal", d.of(1, 2, 3, 4)),
        "YearsAtCompany": ("continuous", d.whole(0, 37)),
        "YearsInCurrentRole": ("continuous|ordinal", d.whole(0, 18)),
    }


def _students(d: Draw) -> dict:
    return {
        "school": ("categorical", d.of("GP", "MS")),
        "age": ("continuous|ordinal", d.whole(15, 22)),
        "address": ("categorical", d.of("U", "R")),
        "famsize": ("categorical", d.of("LE3", "GT3")),
        "Medu": ("ordinal", d.of(0, 1, 2, 3, 4)),
        "traveltime": ("ordinal|continuous", d.of(1, 2, 3, 4)),
        "studytime": ("ordinal|continuous", d.of(1, 2, 3, 4)),
        "failures": ("ordinal|continuous", d.of(0, 1, 2, 3)),
        "schoolsup": ("boolean", d.of("yes", "no")),
        "famrel": ("ordinal", d.of(1, 2, 3, 4, 5)),
        "absences": ("continuous", d.counts(5)),
        "G3": ("continuous|ordinal", d.whole(0, 20)),
    }


def _hotel(d: Draw) -> dict:
    agents = d.whole(1, 330).astype(object)
    agents[d.rng.random(N) < 0.1] = "NULL"
    return {
        "hotel": ("categorical", d.of("City Hotel", "Resort Hotel")),
        "is_canceled": ("boolean", d.flags(0.37)),
        "lead_time": ("continuous", d.counts(100)),
        "arrival_date_year": ("ordinal|continuous|categorical", d.of(2015, 2016, 2017)),
        "arrival_date_month": ("ordinal|categorical", d.of(*MONTHS)),
        "arrival_date_week_number": ("continuous|ordinal", d.whole(1, 53)),
        "stays_in_week_nights": ("continuous|ordinal", d.counts(2.5)),
        "adults": ("ordinal|continuous", d.of(0, 1, 2, 3, 4)),
        "babies": ("ordinal|continuous", d.of(0, 1, 2, p=[0.98, 0.015, 0.005])),
        "country": ("categorical", d.of("PRT", "GBR", "FRA", "NULL")),
        "previous_cancellations": ("continuous|ordinal", d.counts(0.1)),
        "reserved_room_type": ("categorical", d.of(*"ABCDEFGH")),
        "agent": ("categorical", agents),
        "adr": ("continuous", d.normal(100, 50, 2)),
        "required_car_parking_spaces": ("ordinal|continuous", d.of(0, 1, 2, 3, 8, p=[0.9, 0.06, 0.02, 0.01, 0.01])),
        "total_of_special_requests": ("ordinal|continuous", d.whole(0, 5)),
        "reservation_status": ("categorical", d.of("Check-Out", "Canceled", "No-Show")),
        "reservation_status_date": ("datetime", d.days()),
    }


def _taxi(d: Draw) -> dict:
    return {
        "VendorID": ("categorical", d.of(1, 2)),
        "tpep_pickup_datetime": ("datetime", pd.to_datetime(d.days()).strftime("%Y-%m-%d 08:%M:%S")),
        "passenger_count": ("ordinal|continuous", d.of(0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
        "trip_distance": ("continuous", d.money(1, 2)),
        "RatecodeID": ("categorical", d.of(1, 2, 3, 4, 5, 6, 99)),
        "store_and_fwd_flag": ("boolean", d.of("Y", "N")),
        "PULocationID": ("categorical", d.whole(1, 265)),
        "payment_type": ("categorical", d.of(1, 2, 3, 4)),
        "fare_amount": ("continuous", d.money(2.5, 2)),
        "mta_tax": ("continuous|ordinal|categorical", d.of(-0.5, 0.0, 0.5)),
        "tolls_amount": ("continuous", np.where(d.rng.random(N) < 0.95, 0, d.money(2, 2))),
    }


def _bikes(d: Draw) -> dict:
    return {
        "instant": ("identifier", np.arange(1, N + 1)),
        "dteday": ("datetime", d.days()),
        "season": ("categorical|ordinal", d.of(1, 2, 3, 4)),
        "yr": ("boolean|ordinal|categorical", d.flags(0.5)),
        "mnth": ("ordinal|continuous", d.whole(1, 12)),
        "hr": ("ordinal|continuous", d.whole(0, 23)),
        "weekday": ("ordinal|categorical", d.whole(0, 6)),
        "workingday": ("boolean", d.flags(0.7)),
        "weathersit": ("categorical|ordinal", d.of(1, 2, 3)),
        "temp": ("continuous", d.of(*np.round(np.arange(0.02, 1.0, 0.02), 2))),
        "casual": ("continuous", d.counts(35)),
        "cnt": ("continuous", d.counts(180)),
    }


def _credit(d: Draw) -> dict:
    return {
        "checking_status": ("categorical", d.of("A11", "A12", "A13", "A14")),
        "duration": ("continuous", d.of(*range(4, 73, 2))),
        "credit_amount": ("continuous", d.whole(250, 18_424)),
        "installment_rate": ("ordinal|continuous", d.of(1, 2, 3, 4)),
        "existing_credits": ("ordinal|continuous", d.of(1, 2, 3, 4)),
        "foreign_worker": ("categorical|boolean", d.of("A201", "A202")),
        "class": ("categorical", d.of(1, 2)),
        "SeriousDlqin2yrs": ("boolean", d.flags(0.07)),
        "RevolvingUtilizationOfUnsecuredLines": ("continuous", d.rng.random(N).round(9)),
        "NumberOfTimes90DaysLate": ("continuous|ordinal", d.counts(0.3)),
        "NumberOfDependents": ("ordinal|continuous", d.counts(0.7)),
        "loan_id": ("identifier", d.unique(55_000, 9_900_000)),
        "term": ("categorical|ordinal", d.of("36 months", "60 months")),
        "int_rate": ("continuous", [f"{value:.2f}%" for value in d.rng.uniform(5, 27, N)]),
        "emp_length": ("ordinal", d.of("< 1 year", "1 year", "2 years", "5 years", "9 years", "10+ years")),
        "sub_grade": ("ordinal|categorical", [f"{'ABCDEFG'[n % 7]}{n % 5 + 1}" for n in d.whole(0, 999)]),
        "zip_code": ("categorical", d.pool(300, lambda n: f"{100 + n}xx")),
        "issue_d": ("datetime", pd.to_datetime(d.days()).strftime("%b-%Y")),
        "purpose": ("categorical", d.of("debt_consolidation", "credit_card", "car")),
        "fico_range_low": ("continuous", d.of(*range(660, 850, 5))),
        "pub_rec": ("continuous|ordinal", d.counts(0.2)),
    }


def _pima_wine_iris(d: Draw) -> dict:
    return {
        "Pregnancies": ("continuous", d.counts(3.8)),
        "Glucose": ("continuous", d.whole(44, 199)),
        "DiabetesPedigreeFunction": ("continuous", d.rng.gamma(2, 0.24, N).round(3)),
        "Outcome": ("boolean", d.flags(0.35)),
        "fixed acidity": ("continuous", d.normal(8.3, 1.7, 1)),
        "pH": ("continuous", d.normal(3.3, 0.15, 2)),
        "quality": ("ordinal", d.of(3, 4, 5, 6, 7, 8)),
        "sepal_length": ("continuous", d.normal(5.8, 0.8, 1)),
        "petal_width": ("continuous", d.rng.uniform(0.1, 2.5, N).round(1)),
        "species": ("categorical", d.of("setosa", "versicolor", "virginica")),
        "mpg": ("continuous", d.normal(23, 8, 1)),
        "cylinders": ("ordinal|categorical", d.of(3, 4, 5, 6, 8)),
        "horsepower": ("continuous", [str(n) if n % 50 else "?" for n in d.whole(46, 230)]),
        "model year": ("ordinal|continuous", d.whole(70, 82)),
        "origin": ("categorical", d.of(1, 2, 3)),
        "car name": ("text|categorical", d.pool(300, lambda n: f"{('ford', 'amc', 'audi')[n % 3]} model {n}")),
        "carat": ("continuous", d.rng.gamma(2, 0.4, N).round(2)),
        "cut": ("ordinal", d.of("Ideal", "Premium", "Good", "Very Good", "Fair")),
        "clarity": ("ordinal", d.of("SI2", "SI1", "VS1", "VS2", "VVS2", "VVS1", "I1", "IF")),
        "rings": ("continuous|ordinal", d.whole(1, 29)),
        "label": ("continuous", d.whole(25, 346)),
        "target": ("continuous", d.whole(25, 346)),
    }


def _films_flights(d: Draw) -> dict:
    return {
        "userId": ("identifier", d.whole(1, 610)),
        "movieId": ("identifier|categorical", d.whole(1, 1_400)),
        "rating": ("ordinal", d.of(0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5)),
        "timestamp": ("continuous|datetime", d.unique(1_100_000_000, 1_100_900_000)),
        "genres": ("categorical", d.of("Action|Comedy", "Drama", "Comedy|Drama|Romance")),
        "vote_average": ("continuous", d.normal(6.4, 1.0, 1)),
        "budget": ("continuous", d.whole(100_000, 380_000_000)),
        "views": ("continuous", d.unique(100_000, 999_999)),
        "population": ("continuous", d.unique(100_000, 999_999)),
        "FL_DATE": ("datetime", d.days()),
        "MONTH": ("ordinal|continuous", d.whole(1, 12)),
        "DAY_OF_MONTH": ("continuous|ordinal", d.whole(1, 31)),
        "OP_CARRIER": ("categorical", d.of("AA", "UA", "DL", "WN")),
        "FLIGHT_NUMBER": ("categorical|identifier", d.whole(1, 900)),
        "ORIGIN": ("categorical", d.of("JFK", "LAX", "ORD", "ATL")),
        "DEP_DELAY": ("continuous", d.normal(9, 30, 0)),
        "CANCELLED": ("boolean", d.flags(0.02).astype(float)),
        "Unnamed: 0": ("identifier", d.unique(0, 40_000)),
        "FIPS": ("categorical", d.whole(1, 56)),
        "state": ("categorical", d.of("CA", "NY", "TX", "WA")),
        "IMEI": ("identifier", d.texts(lambda n: str(350_000_000_000_000 + n))),
        "email_opened": ("boolean", d.flags(0.3)),
        "phone_service": ("boolean", d.of("Yes", "No")),
    }


def _adult_spelled(d: Draw) -> dict:
    """Adult as it comes from the archive: blanks after commas, `?` for missing, names with hyphens."""
    return {
        "age": ("continuous", d.whole(17, 90)),
        "workclass": ("categorical", d.of(" Private", " Self-emp-not-inc", " ?", " State-gov")),
        "fnlwgt": ("continuous", d.whole(12_285, 1_484_705)),
        "education": ("categorical|ordinal", d.of(" Bachelors", " HS-grad", " 11th", " Masters", " 9th")),
        "education-num": ("ordinal", d.whole(1, 16)),
        "marital-status": ("categorical", d.of(" Never-married", " Married-civ-spouse", " Divorced")),
        "sex": ("categorical", d.of(" Male", " Female")),
        "capital-gain": ("continuous", np.where(d.rng.random(N) < 0.92, 0, d.whole(114, 99_999))),
        "hours-per-week": ("continuous", d.whole(1, 99)),
        "native-country": ("categorical", d.of(" United-States", " Mexico", " ?")),
        "income": ("categorical|boolean", d.of(" <=50K", " >50K")),
        "income_bin": ("categorical|boolean", d.of("<=50K.", ">50K.")),
    }


def _more(d: Draw) -> dict:
    return {
        "Year_Birth": ("continuous", d.whole(1930, 2000)),
        "Kids": ("ordinal|continuous", d.of(0, 1, 2)),
        "NumWebVisitsMonth": ("continuous", d.whole(0, 12)),
        "Vehicle_Age": ("ordinal", d.of("< 1 Year", "1-2 Year", "> 2 Years")),
        "Region_Code": ("categorical", d.whole(0, 52).astype(float)),
        "Policy_Sales_Channel": ("categorical", d.whole(1, 155)),
        "Dependents": ("ordinal", d.of("0", "1", "2", "3+")),
        "Loan_ID": ("identifier", [f"LP{number:06d}" for number in d.unique(1_000, 900_000)]),
        "Credit_History": ("boolean", np.where(d.rng.random(N) < 0.1, np.nan, d.flags(0.8))),
        "host_id": ("identifier", d.whole(2_000, 3_000)),
        "host_name": ("text", d.pool(400, lambda n: f"{'ABCDEFGH'[n % 8]}nna{'aeiou'[n % 5] * (n // 40 + 1)}")),
        "room_type": ("categorical", d.of("Entire home/apt", "Private room", "Shared room")),
        "minimum_nights": ("continuous", 1 + d.counts(6)),
        "availability_365": ("continuous", d.whole(0, 365)),
        "reviews_per_month": ("continuous", d.money(0, 2)),
        "date_added": ("datetime", pd.to_datetime(d.days()).strftime("%B %d, %Y")),
        "film_rating": ("categorical", d.of("PG-13", "TV-MA", "R", "TV-14")),
        "duration": ("categorical", d.of("90 min", "1 Season", "2 Seasons", "104 min")),
        "Generation": ("ordinal", d.whole(1, 6)),
        "Cover_Type": ("categorical", d.whole(1, 7)),
        "Elevation": ("continuous", d.whole(1_859, 3_858)),
        "buying": ("ordinal", d.of("vhigh", "high", "med", "low")),
        "lug_boot": ("ordinal", d.of("small", "med", "big")),
        "verdict": ("ordinal", d.of("unacc", "acc", "good", "vgood")),
        "cholesterol": ("ordinal", d.of(1, 2, 3)),
        "ap_hi": ("continuous", d.whole(90, 190)),
        "avg_glucose_level": ("continuous", d.normal(106, 40, 2)),
        "bmi": ("continuous", [f"{value:.1f}" if value > 17 else "N/A" for value in d.rng.normal(28, 6, N)]),
        "day_name": ("ordinal", d.of("Thur", "Fri", "Sat", "Sun")),
        "iso_num": ("categorical", d.whole(4, 140)),
        "result": ("categorical", d.of("2-1", "1-0", "0-0", "1-3", "2-2")),
        "season": ("categorical", d.of("2019-20", "2020-21", "2021-22")),
        "version": ("categorical", d.of("1.0.1", "1.2.0", "2.0.0")),
        "Timestamp": ("datetime", pd.to_datetime(d.days()).strftime("%Y-%m-%dT%H:%M:%SZ")),
    }


def _admissions(d: Draw) -> dict:
    clock = pd.Timestamp("2021-01-01") + pd.to_timedelta(d.whole(0, 10**6), "min")
    return {
        "encounter_id": ("identifier", np.arange(N) + 2_278_392),
        "MRN": ("identifier", [f"MRN{number:07d}" for number in d.whole(100_000, 100_500)]),
        "age": ("ordinal", d.of(*(f"[{low}-{low + 10})" for low in range(0, 100, 10)))),
        "admitted": ("datetime", clock.strftime("%d/%m/%Y %H:%M")),
        "triage_time": ("datetime", clock.strftime("%H:%M:%S")),
        "ward_round": ("categorical", d.of("08:00", "08:30", "14:15", "19:00")),
        "diag_1": ("categorical", d.of("250", "250.01", "428", "V57", "786.5", "E888")),
        "attending_npi": ("categorical", d.rng.choice(d.whole(10**9, 2 * 10**9)[:40], N)),
        "payer_account": ("categorical", d.rng.choice(d.whole(10**9, 9 * 10**9)[:60], N)),
        "bp": ("text", [f"{high}/{low}" for high, low in zip(d.whole(90, 180), d.whole(50, 110), strict=True)]),
        "severity": ("ordinal", d.of("mild", "moderate", "severe", "critical")),
        "PoolArea": ("continuous", d.of(0, 500)),
        "budget": ("continuous", d.whole(10**6, 10**7) * 100),
        "Wochentag": ("ordinal", d.of("Mo", "Di", "Mi", "Do", "Fr")),
        "Abfahrt": ("datetime", clock.strftime("%I:%M %p")),
        "id": ("categorical", d.whole(1, 5)),
    }


def _panels(d: Draw) -> dict:
    person = d.whole(1, 500)
    return {
        "rownames": ("identifier", d.unique(1, 9_000)),
        "nr": ("identifier", 12 + 7 * person),
        "individual": ("identifier", person),
        "caseid": ("identifier", [f"{one}:{one % 7}:{one % 3}" for one in d.whole(1, 700)]),
        "seqn": ("identifier", d.unique(200, 26_000)),
        "licence_number": ("identifier", [f"{'S' * (n % 2)}{n}{'-A' * (n % 3)}" for n in d.unique(1, 9_999_999)]),
        "id": ("identifier", d.whole(1, 38)),
        "schoolid2": ("categorical", d.whole(11, 86)),
        "statefip": ("categorical", d.whole(1, 56)),
        "statecode": ("categorical", d.whole(1, 6)),
        "villnum": ("categorical", d.whole(1, 124)),
        "distcod": ("identifier", d.unique(61_000, 75_500)),
        "education": ("ordinal|continuous", d.whole(8, 18)),
        "educ": ("ordinal|continuous", d.whole(0, 17)),
        "year": ("continuous", np.arange(N) % 200 + 1820),
        "first_name": ("text", d.pool(900, lambda n: f"{'abcdefgh'[n % 8]}nn{'aeiou'[n % 5] * (n // 40 + 1)}")),
        "Name": ("text", [f'Allen, Mrs. John (M{"abcd"[n % 4]}ry "Flo" {chr(65 + n % 26)}ow{"en" * (n // 60)})'
                          for n in range(N)]),
        "Terminal": ("continuous", d.whole(24, 100)),
        "Month": ("datetime|categorical", pd.to_datetime(d.days()).strftime("%Y %b")),
    }  # fmt: skip


MAKERS: dict[str, Callable[[Draw], dict]] = {
    "bank marketing": _bank, "bank marketing, additional": _bank_additional, "heart disease": _heart,
    "titanic": _titanic, "housing": _housing, "house sales": _house_sales, "insurance": _insurance,
    "hospital records": _hospital, "card fraud": _fraud, "telco churn": _telco, "bank churn": _bank_churn,
    "store sales": _store_sales, "orders": _orders, "survey": _survey, "employees": _employees,
    "students": _students, "hotel bookings": _hotel, "taxi trips": _taxi, "bike rentals": _bikes,
    "credit": _credit, "pima, wine, iris and cars": _pima_wine_iris, "films and flights": _films_flights,
    "adult, as in the archive": _adult_spelled, "and others": _more, "admissions": _admissions,
    "wages and panels": _panels,
}  # fmt: skip


def public_table(name: str) -> PublicTable:
    """The made-up sibling of a public table."""
    return PublicTable(name=name, columns=MAKERS[name](Draw(sorted(MAKERS).index(name))))
